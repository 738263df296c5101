// The answer with an endpoint's page, whatever was done to it.
import { findEndpoint, type Endpoint } from '../../db/account/endpoints.ts'
import { findExhaustedSince, listLastEndings, readConditions } from '../../db/views/conditions.ts'
import { listShown } from '../../db/views/deliveries.ts'
import { findDeletedEndpoint, readEndpointPast } from '../../db/views/endpoint-past.ts'
import { AppError, notFound } from '../../errors.ts'
import { dataOf, idOf, isFragment, type PageContext } from '../context.ts'
import { hasSeen } from '../ui/current.tsx'
import { isDisabledByUs } from '../ui/endpoint-words.ts'
import { answerPage } from '../ui/layout.tsx'
import { writeUrl } from '../ui/parts.tsx'
import { DAY_MS } from '../ui/series.ts'
import { DeletedEndpoint } from './deleted.tsx'
import { statusOf } from './form.tsx'
import { MAX_CHART_DAYS, readDays } from './charts.tsx'
import { EndpointPage, seenOfEndpoint, type ShownEndpoint } from './page.tsx'

/** Deliveries on an endpoint's page. */
const LATEST = 10

/** Events that are looked at for what an endpoint has missed. */
const LOOKED_AT = 200

/** Answers with the page; `extra` is what it shows this once. */
export async function answerEndpoint(
  c: PageContext,
  endpoint: Endpoint,
  extra: Partial<ShownEndpoint> = {},
) {
  const state = await readState(c, endpoint)
  const seen = seenOfEndpoint(state)
  if (hasSeen(c, seen)) return c.body(null, 204)
  const { now, config } = c.get('world')
  const shown = {
    ...state,
    seen,
    ...(await (state.past ?? readPast(c, endpoint))),
    values: endpoint,
    days: readDays(c.req.query('days')),
    now: now(),
    disableAfter: config.disableAfterExhausted,
    ...extra,
  }
  const title = endpoint.description ?? writeUrl(endpoint.url)
  return answerPage(
    c,
    { title, section: 'Endpoints', status: statusOf(shown) },
    <EndpointPage {...shown} />,
  )
}

/** How it is; for an open page that asks what is new without its past, which is most of what there is to read. */
async function readState(c: PageContext, endpoint: Endpoint) {
  const { orgId, id: endpointId } = endpoint
  const past = isFragment(c) ? undefined : readPast(c, endpoint)
  const [conditions, latest, exhaustedSince, endings] = await Promise.all([
    readConditions(dataOf(c), orgId, endpointId),
    listShown(dataOf(c), orgId, { endpointId }, { limit: LATEST }),
    findExhaustedSince(dataOf(c), orgId, endpointId),
    isDisabledByUs(endpoint) ? listLastEndings(dataOf(c), orgId, endpointId) : [],
    // Waited for here, too, so that its refusal is not left to nobody.
    past,
  ])
  const condition = conditions.get(endpointId) ?? ('well' as const)
  return { endpoint, condition, deliveries: latest.rows, exhaustedSince, endings, past }
}

/** What its charts are drawn from, and the newest events, of which it may have missed some. */
function readPast(c: PageContext, { orgId, id: endpointId }: Endpoint) {
  const now = c.get('world').now()
  const since = now - MAX_CHART_DAYS * DAY_MS
  return readEndpointPast(dataOf(c), orgId, endpointId, { since, now, maxEvents: LOOKED_AT })
}

/** Answers with what is left of a deleted endpoint. @throws AppError `not_found` where nothing is. */
export async function answerDeleted(c: PageContext) {
  const deleted = await findDeletedEndpoint(dataOf(c), c.get('session').orgId, idOf(c))
  if (!deleted) throw notFound('endpoint')
  const page = { title: 'Deleted endpoint', section: 'Endpoints' } as const
  return answerPage(c, page, <DeletedEndpoint endpoint={deleted} />)
}

/** The endpoint of the address, or undefined. */
export function findAddressed(c: PageContext): Promise<Endpoint | undefined> {
  return findEndpoint(dataOf(c), c.get('session').orgId, idOf(c))
}

/** What a person is told on the endpoint's page, where he can do something about it. @throws all other errors. */
export async function answerConflict(c: PageContext, error: unknown) {
  if (!(error instanceof AppError) || error.status !== 409) throw error
  return answerEndpoint(c, await endpointOf(c), { refusal: error })
}

/** The endpoint of the address. @throws AppError `not_found`. */
export async function endpointOf(c: PageContext): Promise<Endpoint> {
  const endpoint = await findAddressed(c)
  if (!endpoint) throw notFound('endpoint')
  return endpoint
}
