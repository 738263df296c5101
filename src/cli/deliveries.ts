// callingbox-webhooks deliveries …
import { setTimeout as sleep } from 'node:timers/promises'
import { command, group } from './command.ts'
import { FILTER, noteMore, PAGE, toFilter } from './lists.ts'
import { pairs, table, word } from './output.ts'
import { insist } from './patience.ts'
import { Delivery, DeliveryDetail, type Of } from './shapes.ts'
import { Tail, type AskPage } from './tail.ts'
import { ID, RECIPIENT, TEXT } from './values.ts'

const PATH = '/v1/webhook_deliveries'

/** How often `tail` looks, in ms. */
const TAIL_EVERY_MS = 2000

const ONE = {
  type: 'positional',
  takes: ID,
  description: 'The delivery’s id',
  required: true,
} as const

const list = command({
  name: 'list',
  description: 'List deliveries, newest first',
  args: {
    ...FILTER,
    ...PAGE,
  },
  async run({ api, out }, { limit, after, ...filter }) {
    const query = { ...toFilter(filter), limit, starting_after: after }
    const page = await (await api()).list(Delivery, PATH, query)
    out.show(page, () => table(HEADS, page.data.map(toRow)))
    noteMore(out, page)
  },
})

const show = command({
  name: 'show',
  description: 'Show a delivery and each of its attempts',
  args: { id: ONE },
  async run({ api, out }, { id }) {
    const path = `${PATH}/${id}`
    const found = await (await api()).ask(DeliveryDetail, 'GET', path)
    out.show(found, () => `${describe(found)}\n\n${describeAttempts(found)}`)
  },
})

const redeliver = command({
  name: 'redeliver',
  description: 'Send a delivery again, now',
  args: {
    id: ONE,
    to: {
      type: 'string',
      takes: RECIPIENT,
      description: 'original, or current: the endpoint’s URL as it is now',
    },
    reason: { type: 'string', takes: TEXT, description: 'Why, for the audit log' },
  },
  async run({ api, out }, { id, to, reason }) {
    const path = `${PATH}/${id}/redeliver`
    const sent = await (await api()).ask(Delivery, 'POST', path, { body: { to, reason } })
    out.show(sent, () => `On its way to ${sent.url}: callingbox-webhooks deliveries show ${id}`)
  },
})

const tail = command({
  name: 'tail',
  description: 'Print deliveries as they come and change, until Ctrl-C',
  args: FILTER,
  async run({ api, out }, filter) {
    const service = await api()
    const ask: AskPage = (page) => service.list(Delivery, PATH, { ...toFilter(filter), ...page })
    const watched = await Tail.begin(ask)
    out.note('Waiting for deliveries. Ctrl-C ends it.')
    for (;;) {
      await sleep(TAIL_EVERY_MS)
      const news = watched.look((page) => insist(() => ask(page), out.warn))
      for await (const row of news) out.line(row, () => toRow(row).filter(Boolean).join('  '))
    }
  },
})

/** All of them. */
export const deliveries = group('deliveries', 'Find deliveries, look at them, send them again', [
  list,
  show,
  redeliver,
  tail,
])

type Row = Of<typeof Delivery>

const HEADS = ['ID', 'CREATED', 'TYPE', 'STATUS', 'ATTEMPTS', 'LAST ERROR', 'URL']

function toRow(row: Row): string[] {
  const { id, created_at: at, event_type: type, status, url, last_error: error } = row
  return [
    id,
    at,
    type,
    word(status),
    attemptsOf(row),
    waitOf(row) ?? (status === 'delivered' ? '' : (error ?? '')),
    url,
  ]
}

/** What waits for another was never attempted, and so has no error. */
function waitOf({ waiting_for: front }: Row): string | undefined {
  return front ? `waits for ${front}` : undefined
}

function attemptsOf({ attempt_count: count, manual_retry_count: byHand }: Row): string {
  return byHand === 0 ? String(count) : `${count} + ${byHand}`
}

function describe(found: Of<typeof DeliveryDetail>): string {
  return pairs([
    ['id', found.id],
    ['type', found.event_type],
    ['call', found.call_id],
    ['url', found.url],
    ['status', found.status],
    ['created', found.created_at],
    ['waits for', found.waiting_for],
    ['next attempt', found.status === 'pending' ? found.next_attempt_at : null],
    ['last error', found.last_error],
  ])
}

function describeAttempts({ attempts }: Of<typeof DeliveryDetail>): string {
  if (attempts.length === 0) return 'No attempt yet.'
  return table(
    ['#', 'STARTED', 'BY', 'MS', 'RESULT', 'ANSWER'],
    attempts.map(
      ({ number, started_at: at, trigger, duration_ms: ms, error, response, overtook }) => [
        String(number),
        at,
        trigger,
        String(ms),
        `${error?.message ?? `HTTP ${response?.status ?? ''}`}${overtook ? `, overtook ${overtook}` : ''}`,
        firstLine(response?.body ?? ''),
      ],
    ),
  )
}

/** What strangers answered, without what would steer a terminal. */
function firstLine(body: string): string {
  const [line = ''] = body.split(/[\r\n]/, 1)
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 60)
}
