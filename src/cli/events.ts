// callingbox-webhooks events …
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { EVENT_TYPES } from '../webhook/event-types.ts'
import { sampleCall } from '../webhook/sample-calls.ts'
import { command, group } from './command.ts'
import { CommandError } from './exit.ts'
import { readInput } from './input.ts'
import { noteMore, PAGE } from './lists.ts'
import { table } from './output.ts'
import { describeProblem, Problem } from './problem.ts'
import { Event, type Of } from './shapes.ts'
import { EVENT_TYPE, ID, SOME_TEXT } from './values.ts'

const PATH = '/v1/events'

const Result = z.discriminatedUnion('result', [
  Event.extend({ result: z.literal('accepted') }),
  Problem.extend({ result: z.literal('refused') }),
])

const Batch = z.looseObject({ data: z.array(Result) })

const TYPE = {
  type: 'string',
  takes: EVENT_TYPE,
  description: `One of ${EVENT_TYPES.join(', ')}`,
} as const

const send = command({
  name: 'send',
  description: 'Send a sample event, or all eight, or one of your own',
  args: {
    type: { ...TYPE, default: 'call.completed' },
    all: { type: 'boolean', description: 'One of each type, of the same call' },
    call: {
      type: 'string',
      takes: SOME_TEXT,
      description: 'A file with the call’s JSON; - is the standard input',
    },
  },
  async run({ api, out }, { type, all, call }) {
    const callId = randomUUID()
    const types = EVENT_TYPES.filter((one) => all || one === type)
    const given = call === undefined ? undefined : readCall(await readInput(call))
    const sent = types.map((one) => {
      const text = given ?? JSON.stringify(sampleCall(one, callId))
      return `{"type":"${one}","call":${text}}`
    })
    const text = `{"events":[${sent.join(',')}]}`
    const { data } = await (await api()).ask(Batch, 'POST', `${PATH}/batch`, { text })
    const accepted = data.filter((one) => one.result === 'accepted')
    if (out.isJson || accepted.length > 0) out.show({ data }, () => describe(accepted))
    const refused = data.flatMap((one, place) =>
      one.result === 'refused' ? [`${types[place]}: ${describeProblem(one)}`] : [],
    )
    if (refused.length > 0) throw new CommandError('refused', refused.join('\n'))
  },
})

const list = command({
  name: 'list',
  description: 'List events, newest first, and how many deliveries each has',
  args: {
    type: TYPE,
    call: { type: 'string', takes: ID, description: 'Only about this call' },
    ...PAGE,
  },
  async run({ api, out }, { type, call, limit, after }) {
    const query = { type, call_id: call, limit, starting_after: after }
    const page = await (await api()).list(Event, PATH, query)
    out.show(page, () => describe(page.data))
    noteMore(out, page)
  },
})

const forget = command({
  name: 'forget',
  description: 'Delete what an event says of its call, for good; what is pending of it ends',
  args: {
    id: {
      type: 'positional',
      takes: ID,
      description: 'The event’s id, or one of its deliveries’',
      required: true,
    },
  },
  async run({ api, out }, { id }) {
    await (await api()).ask(z.undefined(), 'DELETE', `${PATH}/${id}/payload`)
    out.show({ id, payload_deleted: true }, () => `Deleted the payload of ${id}.`)
  },
})

/** All of them. */
export const events = group('events', 'Send and list events, and delete what one says', [
  send,
  list,
  forget,
])

function describe(rows: Of<typeof Event>[]): string {
  return table(
    ['ID', 'CREATED', 'TYPE', 'CALL', 'DELIVERIES', 'SKIPPED'],
    rows.map(({ id, created, type, call_id: call, deliveries, skipped }) => [
      id,
      new Date(created * 1000).toISOString(),
      type,
      call,
      String(deliveries.length),
      [...new Set(skipped.map(({ reason }) => reason))].join(', '),
    ]),
  )
}

/** As it stands: a number such as 1.0 would be another when it is parsed and written again. */
function readCall(bytes: Buffer): string {
  try {
    const text = bytes.toString('utf8')
    // The service judges what is in it.
    JSON.parse(text)
    return text
  } catch {
    throw new CommandError('usage', '--call is no JSON.')
  }
}
