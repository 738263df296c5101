// callingbox-webhooks replays …
import { setTimeout as sleep } from 'node:timers/promises'
import type { ParsedArgs } from 'citty'
import { z } from 'zod'
import type { Api } from './api.ts'
import { command, group } from './command.ts'
import { CommandError } from './exit.ts'
import { FILTER, toFilter } from './lists.ts'
import { pairs, type Output } from './output.ts'
import { insist } from './patience.ts'
import { Progress } from './progress.ts'
import { Replay, type Of } from './shapes.ts'
import { ID, TEXT, WHOLE_NUMBER } from './values.ts'

const PATH = '/v1/webhook_replays'

const WATCH_EVERY_MS = 1000

/** So often it looks for the last answers when all is sent. */
const MOST_LAST_LOOKS = 30

const ONE = {
  type: 'positional',
  takes: ID,
  description: 'The replay’s id',
  required: true,
} as const

const RANGE = {
  ...FILTER,
  missing: { type: 'boolean', description: 'Make what an endpoint has missed, too' },
  rate: { type: 'string', takes: WHOLE_NUMBER, description: 'So many a second' },
} as const

const plan = command({
  name: 'plan',
  description: 'Say what a replay would send; nothing is stored',
  args: RANGE,
  async run({ api, out }, range) {
    const body = { ...toBody(range), dry_run: true }
    const planned = await (await api()).ask(z.looseObject({}), 'POST', PATH, { body })
    out.show(planned, () =>
      pairs(Object.entries(planned).map(([name, value]) => [name, toText(value)])),
    )
  },
})

const start = command({
  name: 'start',
  description: 'Send a range of deliveries again; plan it first',
  args: {
    ...RANGE,
    reason: { type: 'string', takes: TEXT, description: 'Why, for the audit log' },
    watch: { type: 'boolean', description: 'Stay until it is over' },
  },
  async run({ api, out }, { reason, watch: isWatched, ...range }) {
    const service = await api()
    const replay = await service.ask(Replay, 'POST', PATH, { body: { ...toBody(range), reason } })
    if (isWatched) return follow(service, out, replay)
    out.show(replay, () => `${describe(replay)}\ncallingbox-webhooks replays watch ${replay.id}`)
  },
})

const watch = command({
  name: 'watch',
  description: 'Show how far a replay is, until it is over or waits for a person',
  args: { id: ONE },
  async run({ api, out }, { id }) {
    const service = await api()
    await follow(service, out, await find(service, id))
  },
})

/** All of them. */
export const replays = group('replays', 'Send a range of deliveries again, at a pace', [
  plan,
  start,
  watch,
  controlled('pause', 'Stop a replay until it is resumed'),
  controlled('resume', 'Let a paused or held replay go on'),
  controlled('cancel', 'End a replay for good'),
])

function controlled(verb: string, description: string) {
  return command({
    name: verb,
    description,
    args: { id: ONE },
    async run({ api, out }, { id }) {
      const path = `${PATH}/${id}/${verb}`
      const replay = await (await api()).ask(Replay, 'POST', path)
      out.show(replay, () => describe(replay))
    },
  })
}

/** @throws CommandError when it failed, or waits for a person: then nothing more comes by itself. */
async function follow(api: Api, out: Output, first: Of<typeof Replay>): Promise<void> {
  const known = { done: first.replayed, unit: 'deliveries' }
  const progress = out.isJson ? undefined : new Progress(first.total, '', known)
  const say = (text: string) => (progress ? progress.print(text, console.error) : out.warn(text))
  let replay = first
  // What was sent last may still be on its way when all is sent.
  for (let looks = 0; !isOver(replay) && looks < MOST_LAST_LOOKS;) {
    if (replay.status !== 'running') looks += 1
    await sleep(WATCH_EVERY_MS)
    replay = await insist(() => find(api, first.id), say)
    progress?.to(replay.replayed, `${replay.delivered} delivered, ${replay.failed} failed`)
  }
  progress?.stop()
  out.show(replay, () => describe(replay))
  if (replay.status === 'completed') return
  throw new CommandError(
    'failed',
    isHeld(replay) ? describeHeld(replay) : `It is ${replay.status}.`,
  )
}

function isOver(replay: Of<typeof Replay>): boolean {
  const { status, replayed, delivered, failed } = replay
  if (status === 'running') return isHeld(replay)
  return status !== 'completed' || replayed === delivered + failed
}

/** Everything that is left waits for a person. */
function isHeld({
  held_endpoints: held,
  remaining,
  replayed,
  delivered,
  failed,
}: Of<typeof Replay>) {
  return held.length > 0 && remaining > 0 && replayed === delivered + failed
}

function describeHeld({ id, held_endpoints: held }: Of<typeof Replay>): string {
  return `The first ten failed at ${held.join(', ')}: mend it, then callingbox-webhooks replays resume ${id}`
}

function find(api: Api, id: string): Promise<Of<typeof Replay>> {
  return api.ask(Replay, 'GET', `${PATH}/${id}`)
}

function describe(replay: Of<typeof Replay>): string {
  const { id, status, replayed, total, total_is_exact: isExact, delivered, failed } = replay
  return pairs([
    ['id', id],
    ['status', status],
    ['sent', `${replayed} of ${isExact ? '' : 'at least '}${total}`],
    ['delivered', delivered],
    ['failed', failed],
    ['eta', replay['eta']],
  ])
}

function toBody({ missing, rate, ...flags }: ParsedArgs<typeof RANGE>): object {
  const pace = rate === undefined ? undefined : Number(rate)
  return { filter: toFilter(flags), missing, rate_per_second: pace }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
