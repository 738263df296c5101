// What a change of an endpoint is: which of its members become others, what is set, and what the log has of it.
import { sql, type SQL } from 'drizzle-orm'
import { NO_ORDER } from '../ordering/let-go.ts'
import { endpoints } from '../schema.ts'
import { LISTEN_URL } from '../words.ts'
import type { NewHeaders } from './sealed-headers.ts'

/** What may be changed: by a customer, but for the client certificate, which the operator names. */
export type EndpointChanges = {
  url?: string | undefined
  description?: string | null | undefined
  enabledEvents?: string[] | undefined
  filter?: string | null | undefined
  maxPerSecond?: number | null | undefined
  metadata?: Record<string, string> | null | undefined
  externalId?: string | null | undefined
  clientCertificate?: string | null | undefined
  /** In seconds; null: it orders nothing. */
  orderingMaxWait?: number | null | undefined
  /** What that was decided by: where it orders by now, or does no more, its order stays as it is. */
  isOrdered?: boolean | undefined
  status?: 'enabled' | 'disabled' | undefined
  headers?: NewHeaders | undefined
}

/** When a change is made, by its entry in the log, and as what the endpoint must be still, if that matters. */
export type Changing = { now: number; entryId: string; from?: Partial<ReadEndpoint> | undefined }

/** What headers are decided by. */
type ReadEndpoint = Pick<typeof endpoints.$inferSelect, 'url' | 'headersSealed'>

/** The columns, by what changes and the log call them. */
const COLUMNS = {
  url: 'url',
  description: 'description',
  enabled_events: 'enabled_events',
  filter: 'filter',
  max_per_second: 'max_per_second',
  metadata: 'metadata',
  external_id: 'external_id',
  client_certificate: 'client_certificate',
  status: 'status',
  headers: 'headers_sealed',
  consecutive_failures: 'consecutive_failures',
}

/** The same of its order, both of one column, in which 0 is none. */
const ORDER = {
  ordering: 'coalesce(ep.ordering_max_wait, 0) > 0',
  ordering_max_wait_seconds: 'nullif(ep.ordering_max_wait, 0)',
}

/** SQL: what the endpoint `ep` has of the member that `wanted` names. */
const PRESENT = sql.raw(
  `CASE wanted.key ${[
    ...Object.entries(COLUMNS).map(([name, column]) => [name, `ep.${column}`]),
    ...Object.entries(ORDER),
  ]
    .map(([name, value]) => `WHEN '${name}' THEN ${value}`)
    .join(' ')} END`,
)

/** The query for the JSON list of the columns that the changes give another value; no row, no list. */
export function changedMembers(
  orgId: string,
  id: string,
  changes: EndpointChanges,
  from: Partial<ReadEndpoint> = {},
): SQL {
  const isFrom = [
    ...(from.url === undefined ? [] : [sql`AND ep.url = ${from.url}`]),
    ...(from.headersSealed === undefined
      ? []
      : [sql`AND ep.headers_sealed IS ${from.headersSealed}`]),
  ]
  const { url, description, filter, maxPerSecond, externalId, status } = changes
  const { enabledEvents, metadata, headers, clientCertificate, orderingMaxWait } = changes
  const wanted: Record<keyof typeof COLUMNS | keyof typeof ORDER, unknown> = {
    ordering: orderingMaxWait === undefined ? undefined : Number(orderingMaxWait !== null),
    ordering_max_wait_seconds: orderingMaxWait,
    url,
    description,
    enabled_events: enabledEvents && JSON.stringify(enabledEvents),
    filter,
    max_per_second: maxPerSecond,
    metadata: metadata && JSON.stringify(metadata),
    external_id: externalId,
    client_certificate: clientCertificate,
    status,
    headers: headers && headers.sealed,
    consecutive_failures: status === 'enabled' ? 0 : undefined,
  }
  return sql`
    SELECT json_group_array(wanted.key) FROM endpoints ep, json_each(${JSON.stringify(wanted)}) wanted
    WHERE ep.org_id = ${orgId} AND ep.id = ${id} ${sql.join(isFrom, sql` `)}
      AND wanted.value IS NOT ${PRESENT}${isAsDecided(changes)}`
}

/** SQL: no member of its order is another one where that does not hold by which it was decided. */
function isAsDecided({ isOrdered }: EndpointChanges): SQL {
  if (isOrdered === undefined) return sql``
  return sql` AND (wanted.key NOT LIKE 'ordering%' OR ${sql.raw(ORDER.ordering)} = ${Number(isOrdered)})`
}

/** What a change of its order sets: 0 while the sweep has to see to one that orders no more. */
export function orderColumns({ orderingMaxWait, isOrdered }: EndpointChanges) {
  if (orderingMaxWait === undefined) return {}
  const wanted = orderingMaxWait ?? NO_ORDER
  if (isOrdered === undefined) return { orderingMaxWait: wanted }
  const present = endpoints.orderingMaxWait
  const isStill = sql`(coalesce(${present}, 0) > 0) = ${Number(isOrdered)}`
  return { orderingMaxWait: sql`iif(${isStill}, ${wanted}, ${present})` }
}

/**
 * SQL expression: an entry's details as JSON: which members were changed, of the status to which, and of headers the
 * names that were, and the name of the client certificate.
 */
export function describeChange(
  changed: SQL,
  { status, headers, clientCertificate: certificate }: EndpointChanges,
): SQL {
  const names = headers && sql`, 'headers', json(${JSON.stringify(headers.names)})`
  const named = certificate !== undefined && sql`, 'client_certificate', ${certificate}`
  const members = sql`json_object('changed', json((${changed}))${names ?? sql``}${named || sql``})`
  if (status === undefined) return members
  return sql`iif(instr((${changed}), '"status"'), json_set(${members}, '$.status', ${status}), ${members})`
}

/** Whether an entry says that the status was changed: the old one is known from the entry alone. */
export function changesStatus({ details }: { details: string }): boolean {
  // updateEndpoint has just written it.
  const { changed } = JSON.parse(details) as { changed: string[] }
  return changed.includes('status')
}

/** SQL: whether an external id is another endpoint's, as a condition that it is not, and the query for whose it is. */
export function externalIdOf(orgId: string, id: string, externalId: string | null | undefined) {
  if (externalId === undefined || externalId === null) return { isFree: sql``, owner: undefined }
  const owner = sql`SELECT other.id FROM endpoints other
    WHERE other.org_id = ${orgId} AND other.external_id = ${externalId} AND other.id <> ${id}`
  return { isFree: sql` AND NOT EXISTS (${owner})`, owner }
}

/** What a change of the status to this one sets; the instant is in Unix ms. */
export function statusColumns(status: 'enabled' | 'disabled', now: number) {
  if (status === 'enabled') {
    // One that is well is not made to start over because a change of its URL names its status; and whoever listens takes
    // what it can.
    const isWell = sql`(${endpoints.url} = ${LISTEN_URL}
      OR ${endpoints.status} = 'enabled' AND ${endpoints.consecutiveFailures} = 0)`
    return {
      status,
      disabledReason: null,
      disabledAt: null,
      consecutiveFailures: 0,
      sweepAt: sql`iif(${isWell}, ${endpoints.sweepAt}, ${now})`,
      pace: sql`iif(${isWell}, ${endpoints.pace}, 1)`,
    }
  }
  return {
    status,
    disabledReason: sql`coalesce(${endpoints.disabledReason}, 'disabled_by_customer')`,
    disabledAt: sql`coalesce(${endpoints.disabledAt}, ${now})`,
  }
}
