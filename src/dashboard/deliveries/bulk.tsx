// Several deliveries redelivered at once: asked, done, and what came of it, by reason.
import { Hono } from 'hono'
import { listEndpoints, type Endpoint } from '../../db/account/endpoints.ts'
import { listByIds, type BoundDelivery } from '../../db/views/browse.ts'
import { redeliverAll } from '../../delivery/redeliver.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import {
  actorOf,
  dataOf,
  DELIVERIES,
  ENDPOINTS,
  readId,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readRecipient } from '../fields.ts'
import { isLike, type Fields } from '../query-fields.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { onceFor, tokenOf } from '../once.ts'
import { answerPage } from '../ui/layout.tsx'
import { Notice } from '../ui/parts.tsx'
import { AskToRedeliverAll } from './bulk-question.tsx'
import { readQuery, writeQuery } from './filter.ts'

/** Deliveries that one request redelivers, at most: those of the longest page. */
export const MAX_SELECTED = 200

/** The routes of the selection: what is asked, and the act. */
export function bulkRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => ask(c))
  app.post('/', (c) => act(c))
  return app
}

async function ask(c: PageContext) {
  const fields = await fieldsOf(c)
  const [rows, endpoints]: [BoundDelivery[], Endpoint[]] = await Promise.all([
    listByIds(dataOf(c), c.get('session').orgId, selectedIn(fields)),
    listEndpoints(dataOf(c), c.get('session').orgId),
  ])
  const asked = {
    rows,
    endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    to: readRecipient(fields.get('to') ?? ''),
    back: backIn(fields),
    token: tokenOf(fields),
  }
  return answerPage(
    c,
    { title: 'Redeliver', section: 'Deliveries' },
    <AskToRedeliverAll {...asked} />,
  )
}

/** One form sends each of them once, however often it is sent. */
async function act(c: PageContext) {
  const form = await readForm(c)
  const selected = selectedIn(form)
  const to = readRecipient(form.get('to') ?? '')
  const keyOf = (id: string) => onceFor(c, form, { act: `${id}-${to ?? ''}` })
  const results = await redeliverAll(c.get('world'), actorOf(c), selected, { to, keyOf })
  const refusals = [...results.values()].filter((result) => result instanceof AppError)
  const params = new URLSearchParams(backIn(form))
  params.set('done', String(results.size - refusals.length))
  for (const [code, refused] of Map.groupBy(refusals, (refusal) => refusal.code)) {
    params.set(code, String(refused.length))
  }
  return c.redirect(`${DELIVERIES}?${params.toString()}`, 303)
}

function selectedIn(fields: URLSearchParams): string[] {
  const ids = fields.getAll('id').flatMap((id) => readId(id) ?? [])
  return [...new Set(ids)].slice(0, MAX_SELECTED)
}

/** The list's own query. */
function backIn(fields: URLSearchParams): string {
  const back = new URLSearchParams(fields.get('back') ?? '')
  return writeQuery(readQuery(Object.fromEntries(back)))
}

/** Why some were not sent, in words that follow their number. */
const BECAUSE: [code: ErrorCode, text: string][] = [
  ['endpoint_disabled', 'because the endpoint is disabled'],
  ['endpoint_deleted', 'because the endpoint was deleted'],
  ['payload_deleted', 'because its payload was deleted'],
  ['redeliver_limit_reached', 'because it was redelivered as often as it can be'],
  ['rate_limited', 'because it was redelivered too often just now: wait a minute'],
  ['idempotency_key_reused', 'because this form had been sent before'],
  ['not_found', 'because it is no longer there'],
]

/** The names in an address by which the list tells what came of it. */
export const OUTCOME: Fields = Object.fromEntries(
  ['done', ...BECAUSE.map(([code]) => code)].map((name) => [
    name,
    isLike(/^\d{1,4}$/, 'is no count'),
  ]),
)

/** What came of it: how many go out, and how many do not, for which reason. */
export function BulkOutcome({ params }: { params: URLSearchParams }) {
  if (!params.has('done')) return null
  const countOf = (name: string) => Number(/^\d{1,4}$/.exec(params.get(name) ?? '')?.[0] ?? 0)
  const done = countOf('done')
  const refused = BECAUSE.map(([code, text]) => ({ code, text, count: countOf(code) }))
  const reasons = refused.filter(({ count }) => count > 0)
  return (
    <Notice kind={reasons.length > 0 ? 'bad' : 'ok'}>
      {done > 0 ? `${done} on their way again.` : 'Nothing was sent.'}
      {reasons.map(({ code, text, count }) => (
        <>
          {' '}
          {count} not sent {text}
          {code === 'endpoint_disabled' ? (
            <>
              {' '}
              (<a href={ENDPOINTS}>enable it</a>, then redeliver)
            </>
          ) : null}
          .
        </>
      ))}
    </Notice>
  )
}
