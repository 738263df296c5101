// What commands take: every flag of every command refuses what it does not take, before anything is asked.
import { runCommand, type CommandDef } from 'citty'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Argument } from '../../src/cli/command.ts'
import { deliveries } from '../../src/cli/deliveries.ts'
import { endpoints } from '../../src/cli/endpoints.ts'
import { events } from '../../src/cli/events.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { login, logout } from '../../src/cli/login.ts'
import { replays } from '../../src/cli/replays.ts'
import { verify } from '../../src/cli/verify.ts'

const ID = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

const asked = vi.fn<typeof fetch>()
beforeEach(() => {
  vi.stubEnv('CALLINGBOX_URL', 'http://127.0.0.1:9')
  vi.stubEnv('CALLINGBOX_API_KEY', 'sk_test')
  vi.stubGlobal('fetch', asked.mockReset().mockRejectedValue(new Error('asked')))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

type Taking = { path: string[]; command: CommandDef; args: Record<string, Argument> }

/** Every command with what it takes. */
const COMMANDS = [login, logout, endpoints, deliveries, events, replays, verify].flatMap((one) =>
  listCommands(one, []),
)

function listCommands(command: CommandDef, above: string[]): Taking[] {
  // `command` and `group` give all of these as they are, and not as promises.
  const { name } = command.meta as { name: string }
  const below = command.subCommands as Record<string, CommandDef> | undefined
  const path = [...above, name]
  if (below) return Object.values(below).flatMap((one) => listCommands(one, path))
  return [{ path, command, args: command.args as Record<string, Argument> }]
}

const TAKEN = COMMANDS.flatMap(({ path, command, args }) =>
  Object.entries(args).map(([name, argument]) => {
    // What a command cannot do without is there.
    const needed = Object.entries(args).flatMap(([other, one]) => {
      if (one.type === 'positional') return other === name ? [] : [ID]
      return one.required && other !== name ? [`--${other}=${sample(one)}`] : []
    })
    return { title: `${path.join(' ')} ${name}`, command, name, argument, needed }
  }),
)

const FLAGS = TAKEN.filter(({ argument }) => argument.type === 'string')

/** What stands for itself, empty or not, and what may stand twice. */
const MAY_BE_EMPTY = /(?: description| reason)$/
const MAY_REPEAT = /^(?:verify|endpoints \w+) header$|^endpoints \w+ metadata$/

/** Texts for people, for the service to judge, or names of files. */
const ANY_TEXT =
  /^login url$|^endpoints \w+ (?:url|events|header|external-id)$|^events send call$|^verify (?:body|header)$/

async function refusedFor(command: CommandDef, rawArgs: string[]): Promise<string> {
  const error: unknown = await runCommand(command, { rawArgs }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ status: EXIT.usage })
  expect(asked).not.toHaveBeenCalled()
  return String(error)
}

describe('a flag that is given twice', () => {
  it.each(
    TAKEN.filter(({ title, argument }) => {
      return argument.type !== 'positional' && !MAY_REPEAT.test(title)
    }),
  )('is refused: $title', async ({ command, name, argument, needed }) => {
    const given = argument.type === 'boolean' ? [`--${name}`] : [`--${name}=${sample(argument)}`]
    expect(await refusedFor(command, [...needed, ...given, ...given])).toContain(
      `--${name} is given more than once`,
    )
  })
})

/** A value that the argument takes. */
function sample(argument: Argument): string {
  if (argument.type === 'boolean') return ''
  const values = [
    'x',
    '7',
    ID,
    '2026-04-15T14:30:50Z',
    'call.busy',
    'pending',
    'current',
    '{}',
    'a=b',
    'enabled',
  ]
  return values.find((value) => argument.takes.pattern.test(value)) ?? ''
}

describe('a flag that is empty', () => {
  it.each(FLAGS.filter(({ title }) => !MAY_BE_EMPTY.test(title)))(
    'is refused, as of a variable that is not set: $title',
    async ({ command, name, needed }) => {
      expect(await refusedFor(command, [...needed, `--${name}=`])).toContain(`--${name} “” is not`)
    },
  )
})

describe('a flag of a kind', () => {
  const ofKind = FLAGS.filter(({ title }) => !MAY_BE_EMPTY.test(title) && !ANY_TEXT.test(title))

  it.each(ofKind)('is refused when it is of none: $title', async ({ command, name, needed }) => {
    for (const value of ['ten', '-1', '1e3', '0x10', ' 5', '5\n', 'call-busy', '9'.repeat(400)]) {
      expect(await refusedFor(command, [...needed, `--${name}=${value}`])).toContain(`--${name} “`)
    }
  })
})

describe('an id', () => {
  it.each(TAKEN.filter(({ argument }) => argument.type === 'positional'))(
    'is refused when it would leave its path, or is none: $title',
    async ({ command, argument, needed }) => {
      if (argument.type === 'boolean') return
      const { says, pattern } = argument.takes
      // An endpoint's customer may call it so.
      const longer = pattern.test('x') ? '-x' : `${ID}0`
      for (const id of ['.', '..', '%2e%2e', 'a/b', '', longer]) {
        const why = await refusedFor(command, [...needed, '--', id])
        expect(why).toContain(`“${id}” is not ${says}`)
      }
    },
  )

  it('of any case goes on to be asked for', async () => {
    const rawArgs = ['show', ID.toUpperCase()]
    await expect(runCommand(deliveries, { rawArgs })).rejects.toMatchObject({
      status: EXIT.unavailable,
    })
    expect(asked).toHaveBeenCalled()
  })
})
