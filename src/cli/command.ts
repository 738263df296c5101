// What every command has in common: its flags are checked, it speaks for an account, it prints.
import { parseArgs } from 'node:util'
import {
  defineCommand,
  type ArgsDef,
  type BooleanArgDef,
  type CommandDef,
  type ParsedArgs,
  type PositionalArgDef,
  type StringArgDef,
} from 'citty'
import { readAccount } from './account.ts'
import { Api } from './api.ts'
import { CommandError } from './exit.ts'
import { createOutput, type Output } from './output.ts'
import type { Kind } from './values.ts'

/** What a command works with. */
export type Context = {
  api: () => Promise<Api>
  out: Output
  /** All values of a flag that may be given more than once. */
  all: (flag: string) => string[]
}

/** What a command takes: by citty's definition, of which kind, and whether it may be given more than once. */
export type Argument =
  | (BooleanArgDef & { type: 'boolean' })
  | (StringArgDef & { type: 'string'; takes: Kind; isRepeated?: boolean })
  | (PositionalArgDef & { type: 'positional'; takes: Kind })

type Arguments = Record<string, Argument>

/** A command: what it is called, what it takes, what it does. */
export type Description<Args extends Arguments> = {
  name: string
  description: string
  args: Args
  run: (context: Context, args: ParsedArgs<Args>) => Promise<void>
}

const JSON_FLAG = { type: 'boolean', description: 'Print JSON, for programs' } as const

/** Makes a command that refuses what it does not know, names what is missing, and has `--json`. */
export function command<const Args extends Arguments>({
  name,
  description,
  args,
  run,
}: Description<Args>): CommandDef {
  const known: Arguments = { ...args, json: JSON_FLAG }
  const plain: ArgsDef = known
  return defineCommand({
    meta: { name, description },
    args: plain,
    async run({ args: given, rawArgs }) {
      const flags = readFlags(name, known, rawArgs)
      const out = createOutput(given['json'] === true)
      const context: Context = {
        out,
        api: async () => new Api(await readAccount(process.env)),
        all: (flag) => flags.get(flag) ?? [],
      }
      // citty has read them by the same definition.
      await run(context, given as ParsedArgs<Args>)
    },
  })
}

/** Commands under a common name. */
export function group(name: string, description: string, commands: CommandDef[]): CommandDef {
  const named = commands.map((one) => [nameOf(one), one] as const)
  return defineCommand({ meta: { name, description }, subCommands: Object.fromEntries(named) })
}

/** The name of a command that `command` or `group` has made. */
function nameOf({ meta }: CommandDef): string {
  // Both give it as it is.
  return (meta as { name: string }).name
}

/**
 * Every value of every flag.
 * @throws CommandError for a flag that the command does not have, without its value, with one of another kind, or twice.
 */
function readFlags(name: string, known: Arguments, rawArgs: string[]): Map<string, string[]> {
  try {
    const { flags, positionals } = parse(known, rawArgs)
    for (const [flag, values] of flags) refuseFlag(`--${flag}`, values, known[flag])
    const places = Object.entries(known).filter(([, { type }]) => type === 'positional')
    const extra = positionals[places.length]
    if (extra !== undefined) throw new Error(`“${extra}” is too much`)
    for (const [place, [argument, one]] of places.entries()) {
      refuseFlag(argument.toUpperCase(), positionals.slice(place, place + 1), one)
    }
    return flags
  } catch (error) {
    const [what = ''] = String(error instanceof Error ? error.message : error).split('. ')
    throw new CommandError(
      'usage',
      `${what}. See what there is: callingbox-webhooks … ${name} --help`,
    )
  }
}

function parse(known: Arguments, rawArgs: string[]) {
  const flags = Object.entries(known).filter(([, { type }]) => type !== 'positional')
  const options = Object.fromEntries(
    flags.map(([flag, { type }]) => [
      flag,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  )
  const { values, positionals } = parseArgs({ args: rawArgs, options, allowPositionals: true })
  const given = Object.entries(values).map(
    ([flag, value]) => [flag, [value ?? []].flat().map(String)] as const,
  )
  return { flags: new Map(given), positionals }
}

/** @throws Error for a value of another kind, and for a second one of what takes one: the first would be lost. */
function refuseFlag(name: string, values: string[], argument: Argument | undefined): void {
  const isRepeated = argument?.type === 'string' && argument.isRepeated
  if (values.length > 1 && !isRepeated) throw new Error(`${name} is given more than once`)
  if (!argument || argument.type === 'boolean') return
  const { pattern, says } = argument.takes
  const odd = values.find((value) => !pattern.test(value))
  if (odd !== undefined) throw new Error(`${name} “${odd}” is not ${says}`)
}
