// callingbox-webhooks endpoints …
import { z } from 'zod'
import type { Asked } from './api.ts'
import { command, group, type Context } from './command.ts'
import { ABOUT, readHeaders, readMetadata, readOrdering, withFilter } from './endpoint-flags.ts'
import { CommandError } from './exit.ts'
import { pairs, table, word } from './output.ts'
import { Delivery, Endpoint, type Of } from './shapes.ts'
import { PAGE } from './lists.ts'
import { ANY_EVENT_TYPE, ENDPOINT, ENDPOINT_STATUS, WHOLE_NUMBER } from './values.ts'

const PATH = '/v1/webhook_endpoints'

const Secret = z.looseObject({ signing_secret: z.string() })

const ONE = {
  type: 'positional',
  takes: ENDPOINT,
  description: 'The endpoint’s id, or its external id',
  required: true,
} as const

const list = command({
  name: 'list',
  description: 'List the endpoints, oldest first',
  args: {
    status: { type: 'string', takes: ENDPOINT_STATUS, description: 'enabled or disabled' },
    url: { ...ABOUT.url, description: 'Only with this very URL' },
    'external-id': { ...ABOUT['external-id'], description: 'Only the one that is called so' },
    limit: {
      type: 'string',
      takes: WHOLE_NUMBER,
      description: 'At most so many; all of them by itself',
    },
    after: PAGE.after,
  },
  async run({ api, out }, { limit, after, 'external-id': external_id, ...asked }) {
    const query = {
      status: asked.status,
      url: asked.url,
      external_id,
      limit,
      starting_after: after,
    }
    const page = await (await api()).list(Endpoint, PATH, query)
    out.show(page, () =>
      table(
        ['ID', 'STATUS', 'FAILED IN A ROW', 'EVENTS', 'URL'],
        page.data.map(
          ({ id, status, consecutive_failures: failures, enabled_events: events, url }) => [
            id,
            word(status),
            String(failures),
            events.join(','),
            url,
          ],
        ),
      ),
    )
    if (page.has_more) out.note(`More: --after ${page.data.at(-1)?.id}`)
  },
})

const create = command({
  name: 'create',
  description: 'Create an endpoint; its signing secret is shown once',
  args: { ...ABOUT, url: { ...ABOUT.url, required: true } },
  async run({ api, out, all }, { url, description, events, filter, ...rest }) {
    const headers = readHeaders(all('header'))
    const metadata = readMetadata(all('metadata'))
    const own = { headers, metadata, max_per_second: numberOf(rest['max-per-second']) }
    const about = {
      url,
      description,
      external_id: rest['external-id'],
      ...own,
      ...readOrdering(rest),
    }
    const asked = withFilter({ ...about, enabled_events: events?.split(',') }, filter)
    const made = await (await api()).ask(Endpoint, 'POST', PATH, asked)
    out.show(made, () => describe(made))
  },
})

const update = command({
  name: 'update',
  description: 'Change an endpoint',
  args: {
    id: ONE,
    ...ABOUT,
    'clear-headers': { type: 'boolean', description: 'Leave it no header of its own' },
    'clear-metadata': { type: 'boolean', description: 'Leave it no text of your own' },
    'clear-external-id': { type: 'boolean', description: 'Let it be called nothing else' },
    'clear-filter': { type: 'boolean', description: 'Send it all that it is subscribed to' },
    'clear-max-per-second': { type: 'boolean', description: 'Send it as many as there are' },
    'clear-ordering': { type: 'boolean', description: 'Send it events as they come' },
  },
  async run(context, { id, url, description, events, filter, ...rest }) {
    const headers = readHeaders(context.all('header'))
    const metadata = readMetadata(context.all('metadata'))
    const body = {
      url,
      description,
      enabled_events: events?.split(','),
      ...readOrdering(rest),
      ordering: orNull('ordering', rest.ordering, 'clear-ordering', rest['clear-ordering']),
      headers: orNull('header', headers, 'clear-headers', rest['clear-headers']),
      metadata: orNull('metadata', metadata, 'clear-metadata', rest['clear-metadata']),
      external_id: orNull(
        'external-id',
        rest['external-id'],
        'clear-external-id',
        rest['clear-external-id'],
      ),
      max_per_second: orNull(
        'max-per-second',
        numberOf(rest['max-per-second']),
        'clear-max-per-second',
        rest['clear-max-per-second'],
      ),
    }
    const wanted = orNull('filter', filter, 'clear-filter', rest['clear-filter'])
    await patch(context, id, withFilter(body, wanted === null ? 'null' : wanted))
  },
})

const rotate = command({
  name: 'rotate',
  description: 'Give an endpoint a new signing secret; it is shown once',
  args: {
    id: ONE,
    overlap: {
      type: 'string',
      takes: WHOLE_NUMBER,
      description: 'Seconds that the old one goes on',
      default: '86400',
    },
  },
  async run({ api, out }, { id, overlap }) {
    const body = { overlap_seconds: Number(overlap) }
    const path = `${PATH}/${id}/rotate_secret`
    const rotated = await (await api()).ask(Secret, 'POST', path, { body })
    out.show(rotated, () => pairs(Object.entries(rotated)))
  },
})

const test = command({
  name: 'test',
  description: 'Send a test event to an endpoint',
  args: {
    id: ONE,
    type: { type: 'string', takes: ANY_EVENT_TYPE, description: 'Such as call.completed' },
  },
  async run({ api, out }, { id, type }) {
    const path = `${PATH}/${id}/test`
    const sent = await (await api()).ask(Delivery, 'POST', path, { body: { type } })
    out.show(sent, () => `Sent. What came of it: callingbox-webhooks deliveries show ${sent.id}`)
  },
})

const Check = z.looseObject({
  ok: z.boolean(),
  findings: z.array(z.looseObject({ ok: z.boolean(), code: z.string(), message: z.string() })),
})

const check = command({
  name: 'check',
  description: 'Say what an endpoint’s receiver gets wrong; nothing is delivered',
  args: { id: ONE },
  async run({ api, out }, { id }) {
    const found = await (await api()).ask(Check, 'POST', `${PATH}/${id}/check`)
    const rows = found.findings.map(({ ok, message }) => `${word(ok ? 'ok' : 'bad')}  ${message}`)
    out.show(found, () => rows.join('\n'))
    const wrong = found.findings.filter(({ ok }) => !ok).length
    if (!found.ok) throw new CommandError('refused', `${wrong} to mend.`)
  },
})

const Trial = z.looseObject({
  matched: z.number(),
  data: z.array(
    z.looseObject({
      event_id: z.string(),
      type: z.string(),
      reason: z.string().nullable(),
      message: z.string().optional(),
    }),
  ),
})

const tryFilter = command({
  name: 'try-filter',
  description: 'See which of the newest 100 events a filter would let through; nothing is changed',
  args: { id: ONE, filter: { ...ABOUT.filter, required: true } },
  async run({ api, out }, { id, filter }) {
    const asked = withFilter({}, filter)
    const tried = await (await api()).ask(Trial, 'POST', `${PATH}/${id}/filter/try`, asked)
    out.show(tried, () => {
      const rows = tried.data.map(({ event_id: event, type, reason, message }) => [
        event,
        type,
        reason ?? 'matches',
        message ?? '',
      ])
      const count = `${tried.matched} of ${rows.length} would have gone there.`
      return `${table(['EVENT', 'TYPE', '', 'WHY NOT'], rows)}\n${count}`
    })
  },
})

const remove = command({
  name: 'delete',
  description: 'Delete an endpoint; what is pending for it ends',
  args: { id: ONE },
  async run({ api, out }, { id }) {
    await (await api()).ask(z.undefined(), 'DELETE', `${PATH}/${id}`)
    out.show({ id, deleted: true }, () => `Deleted ${id}.`)
  },
})

/** All of them. */
export const endpoints = group('endpoints', 'List, create, change and try endpoints', [
  list,
  create,
  update,
  rotate,
  test,
  check,
  tryFilter,
  switched('enable', 'enabled', 'Let an endpoint get webhooks again, those held for it first'),
  switched('disable', 'disabled', 'Hold what is sent to an endpoint'),
  remove,
])

function switched(name: string, status: string, description: string) {
  return command({
    name,
    description,
    args: { id: ONE },
    run: (context, { id }) => patch(context, id, { body: { status } }),
  })
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** What a flag gives, or null where it is to be cleared. @throws CommandError where both are asked. */
function orNull<Value>(
  flag: string,
  given: Value | undefined,
  clear: string,
  isCleared: boolean | undefined,
): Value | null | undefined {
  if (!isCleared) return given
  if (given === undefined) return null
  throw new CommandError('usage', `--${flag} and --${clear} do not go together.`)
}

async function patch({ api, out }: Context, id: string, asked: Asked): Promise<void> {
  const changed = await (await api()).ask(Endpoint, 'PATCH', `${PATH}/${id}`, asked)
  out.show(changed, () => describe(changed))
}

function describe(endpoint: Of<typeof Endpoint>): string {
  const { id, url, status, description, enabled_events: events } = endpoint
  return pairs([
    ['id', id],
    ['external id', endpoint.external_id],
    ['url', url],
    ['status', status],
    ['reason', endpoint.disabled_reason],
    ['description', description],
    ['events', events.join(', ')],
    ['filter', endpoint.filter ? JSON.stringify(endpoint.filter) : null],
    ['at most a second', endpoint.max_per_second?.toString()],
    ['order', endpoint.ordering],
    ['waits at most', writeSeconds(endpoint.ordering_max_wait_seconds)],
    ['client certificate', endpoint.client_certificate],
    ['headers', Object.keys(endpoint.headers ?? {}).join(', ')],
    [
      'metadata',
      Object.entries(endpoint.metadata ?? {})
        .map(([name, text]) => `${name}=${text}`)
        .join(', '),
    ],
    ['signing secret', endpoint['signing_secret']],
  ])
}

function writeSeconds(seconds: number | null | undefined): string | null {
  return typeof seconds === 'number' ? `${seconds} s` : null
}
