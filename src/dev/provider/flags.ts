// Flags of the commands that ask the provider, and how each ends: what goes wrong is one sentence and no stack.
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { CommandError } from './error.ts'

const Flags = z.record(z.string(), z.string().optional())

/**
 * The flags behind the command's name: of those with a value that, of a switch that is on `''`. With --help the usage is all that happens.
 * @throws CommandError for one that there is not.
 */
export function readFlags(
  usage: string,
  withValue: string[],
  switches: string[] = [],
): Partial<Record<string, string>> {
  const { help, ...values } = parse(usage, withValue, [...switches, 'help'])
  if (help === undefined) return values
  console.log(usage)
  return process.exit(0)
}

function parse(usage: string, withValue: string[], switches: string[]) {
  const options = {
    ...Object.fromEntries(withValue.map((name) => [name, { type: 'string' as const }])),
    ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
  }
  try {
    const { values } = parseArgs({ args: process.argv.slice(3), options })
    const empty = withValue.find((name) => values[name] === '')
    if (empty !== undefined) throw new Error(`--${empty} is given without a value`)
    const given = Object.entries(values).map(([name, value]) => [name, value === true ? '' : value])
    return Flags.parse(Object.fromEntries(given))
  } catch (error) {
    const why = error instanceof Error ? error.message.split('.')[0] : String(error)
    throw new CommandError(`${why}.\n\n${usage}`, { cause: error })
  }
}

/** Runs a command; when it fails with words for a person these are all that is printed, and the exit code is 1. */
export async function runOrExplain(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
