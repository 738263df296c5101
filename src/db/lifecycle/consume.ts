// The consumer's first round trip: what a batch of deliveries needs to be sent.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { listOwnHosts } from '../account/own-hosts.ts'
import { placeOfHeaders } from '../account/sealed-headers.ts'
import { selectLive, type SealedSecret } from '../account/secrets.ts'
import { literal, type Database } from '../client.ts'
import { eventIdOf, eventIdSql } from '../ids.ts'
import { waitingFor } from '../ordering/waits.ts'
import { LONG_CALL_BYTES, unpackCall } from '../packed-call.ts'
import { IS_COPIED, isPendingCopy } from '../replays/copies.ts'
import { EVERY_HOST, listStops, StoppedHosts } from '../stopped.ts'
import { readStored } from '../stored-json.ts'
import { isCurrent, type DeliveryRef } from '../words.ts'
import { BY_REPLAY } from './replay-outcomes.ts'

/** All that one attempt needs. */
export type DeliveryToSend = DeliveryRef & {
  endpointId: string | null
  eventType: string
  callId: string
  url: string
  attemptCount: number
  manualRetryCount: number
  isManual: boolean
  /** The actor's name who asked for the redelivery; old once its attempt was made. */
  redeliveredBy: string | null
  resumeAt: number | null
  nextAttemptAt: number
  attemptsMade: number
  created: number
  apiVersion: string
  /** What was kept of the trace that its event was sent in. */
  trace: string | null
  /** Null when it is long, or does not read: loadCall has it, or says so. */
  call: string | null
  /** Null when the delivery is inline, or its endpoint was deleted. */
  endpointStatus: 'enabled' | 'disabled' | null
  unwellSince: number | null
  /** How many of those parked for its endpoint may be in flight; null unless it is recovering. */
  pace: number | null
  /** How many requests a second its endpoint takes at most; null: as many as there are. */
  maxPerSecond: number | null
  /** When its request may leave, in Unix ms, where that is limited: not before, and hardly later. */
  slotAt?: number
  /** What is in force for its owner, newest first: one list for all of the owner's deliveries. */
  secrets: readonly SealedSecret[]
  /** Where no webhook goes because these hosts are this service's. */
  ownHosts: readonly string[]
  /** Hosts to which the operator lets nothing of its org be sent. */
  stops: readonly string[]
  /** Its endpoint's own, as they are now: one object for all of the endpoint's deliveries. */
  headers: SealedHeaders | null
  /** Others may wait for it, because its endpoint gets the events of a call in order. */
  isOrdered: boolean
  /** The delivery that it waits for; it has been sent for all the same, because it has for long enough. */
  waitingFor: string | null
  /** The client certificate that its endpoint's receiver is shown. */
  certificate: NamedCertificate | null
}

/** A client certificate by its name, and the URL whose origin is shown it, which is not always that of a delivery. */
export type NamedCertificate = { name: string; endpointUrl: string }

/** An endpoint's headers, and the URL whose origin they go to, which is not always that of a delivery. */
export type SealedHeaders = SealedSecret & { endpointUrl: string }

/** As the query answers it; the lists are JSON text, secrets as [id, sealed], headers as [sealed, url], a certificate as [name, url]. */
type Row = Omit<DeliveryToSend, 'isManual' | 'isOrdered' | Listed | 'copiedBy'> & {
  isManual: number
  isOrdered: number
  copiedBy: string | null
  secrets: string
  ownHosts: string
  stops: string
  headers: string | null
  certificate: string | null
}

type Listed = 'secrets' | 'ownHosts' | 'stops' | 'headers' | 'certificate'

/** SQL expression: the headers of the endpoint `ep` and its URL as JSON; NULL for none. */
export const HEADERS_OF_ENDPOINT: SQL = sql`iif(ep.headers_sealed IS NULL, NULL, json_array(ep.headers_sealed, ep.url))`

/** SQL expression: the same of its client certificate. */
export const CERTIFICATE_OF_ENDPOINT: SQL = sql`iif(ep.client_certificate IS NULL, NULL, json_array(ep.client_certificate, ep.url))`

/** SQL expression: whether the endpoint `ep` gets the events of a call in order, or did until just now. */
export const IS_ORDERED: SQL = sql`ep.ordering_max_wait IS NOT NULL`

/** Whose secrets sign a delivery: its endpoint's, or the org's own for an inline one. */
const OWNER = { orgId: sql`d.org_id`, ownerId: sql`coalesce(d.endpoint_id, d.org_id)` }

/**
 * Reads the deliveries whose version is still the message's, and the copies that are pending still; the others, and
 * what has no payload any more, are missing from the answer. It asks for those kinds alone that there are. Long
 * calls are read one by one when their attempt comes: fifty of 256 KB at once took 143 MB of the 128 that an
 * isolate has.
 */
export async function loadForAttempt(
  db: Database,
  refs: DeliveryRef[],
  now: number,
): Promise<DeliveryToSend[]> {
  const { itself = [], copy = [] } = Object.groupBy(refs, ({ copiedBy }) =>
    copiedBy === undefined ? 'itself' : 'copy',
  )
  const queries = [
    ...(itself.length > 0 ? [selectToSend(ITSELF, itself, now)] : []),
    ...(copy.length > 0 ? [selectToSend(COPY, copy, now)] : []),
  ]
  return toDeliveries(await db.all<Row>(sql.join(queries, sql` UNION ALL `)))
}

/** What is sent: whence the rows are that `ref.value` names, and what is said of each as it is for these. */
type Kind = { from: SQL; condition: SQL; columns: SQL }

const ITSELF: Kind = {
  from: sql`deliveries d`,
  condition: isCurrent(sql`ref.value`),
  columns: sql`d.version, d.url, d.attempt_count AS "attemptCount",
    d.manual_retry_count AS "manualRetryCount", d.is_manual AS "isManual",
    d.redelivered_by AS "redeliveredBy", d.resume_at AS "resumeAt", d.next_attempt_at AS "nextAttemptAt",
    iif(json_valid(d.attempts), json_array_length(d.attempts), 0) AS "attemptsMade",
    ep.status AS "endpointStatus", ep.unwell_since AS "unwellSince", ep.pace, ep.max_per_second AS "maxPerSecond",
    NULL AS "copiedBy",
    ${IS_ORDERED} AS "isOrdered", ${waitingFor()} AS "waitingFor"`,
}

/** A copy is asked for by hand, and goes past its endpoint: how that is tells nothing but whether it signs. */
const COPY: Kind = {
  from: sql`replay_copies c CROSS JOIN replays r CROSS JOIN deliveries d`,
  condition: sql`${isPendingCopy(sql`ref.value`)} AND ${IS_COPIED}
    AND r.org_id = c.org_id AND r.id = c.replay_id`,
  columns: sql`ref.value->>'version' AS version, r.copies_to AS url, 0 AS "attemptCount",
    0 AS "manualRetryCount", 1 AS "isManual", ${BY_REPLAY} || r.id AS "redeliveredBy",
    NULL AS "resumeAt", c.updated_at AS "nextAttemptAt", 0 AS "attemptsMade",
    iif(ep.id IS NULL, NULL, 'enabled') AS "endpointStatus", NULL AS "unwellSince", NULL AS pace,
    NULL AS "maxPerSecond", r.id AS "copiedBy", 0 AS "isOrdered", NULL AS "waitingFor"`,
}

function selectToSend({ from, condition, columns }: Kind, refs: DeliveryRef[], now: number): SQL {
  return sql`
    SELECT d.org_id AS "orgId", d.id, d.endpoint_id AS "endpointId", d.event_type AS "eventType",
      d.call_id AS "callId", ev.created, ev.api_version AS "apiVersion", ev.trace,
      CASE WHEN octet_length(ev.call) <= ${literal(LONG_CALL_BYTES)} THEN ev.call END AS call,
      (SELECT json_group_array(json_array(live.id, live.sealed))
        FROM (${selectLive(OWNER, now)}) AS live) AS secrets,
      (${listOwnHosts()}) AS "ownHosts", ${listStops(sql`d.org_id`)} AS stops,
      ${HEADERS_OF_ENDPOINT} AS headers, ${CERTIFICATE_OF_ENDPOINT} AS certificate, ${columns}
    FROM json_each(${JSON.stringify(refs)}) ref CROSS JOIN ${from}
    JOIN events ev ON ev.org_id = d.org_id AND ev.listed_under = lower(d.call_id)
      AND ev.id = ${eventIdSql(sql`d.id`)} AND ev.payload_deleted_at IS NULL
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE ${condition}`
}

const StoredSecrets = z.array(z.tuple([z.string(), z.string()]))
/** Hosts of this service, as the database has them. */
export const StoredHosts = z.array(z.string())

/** What rows repeat is read once: to parse an owner's secrets takes longer than to sign with them. */
function toDeliveries(rows: Row[]): DeliveryToSend[] {
  const [first] = rows
  // The same in all. Were it not to read, nothing could be sent: it might go to a host of our own (X5).
  const ownHosts = first ? StoredHosts.parse(JSON.parse(first.ownHosts)) : []
  const known = new Map<string, Pick<DeliveryToSend, 'secrets' | 'headers'>>()
  return rows.map(({ copiedBy, ...row }) => {
    const owner = `${row.orgId} ${row.endpointId} ${row.secrets} ${row.headers}`
    const sealed = known.get(owner) ?? { secrets: readSecrets(row), headers: readHeaders(row) }
    known.set(owner, sealed)
    const call = row.call && unpackCall(row.call, row.callId)
    const stops = readStops(row.stops)
    const certificate = readCertificate(row)
    const flags = { isManual: row.isManual === 1, isOrdered: row.isOrdered === 1 }
    const toSend = { ...row, call, ...flags, ...sealed, certificate, ownHosts, stops }
    return copiedBy === null ? toSend : { ...toSend, copiedBy }
  })
}

/** Mostly there are none. Did they not read, nothing would be sent: it might be what must not be. */
export function readStops(stops: string): readonly string[] {
  return stops === '[]' ? [] : readStored(stops, StoppedHosts, [EVERY_HOST])
}

/** None when they do not read: then its attempt is a fault of ours, and the others' of its batch are not. */
export function readSecrets({
  orgId,
  endpointId,
  secrets,
}: Pick<Row, 'orgId' | 'endpointId' | 'secrets'>): SealedSecret[] {
  const ownerId = endpointId ?? orgId
  const stored = readStored(secrets, StoredSecrets, [])
  return stored.map(([id, sealed]) => ({ orgId, ownerId, id, sealed }))
}

/** Mostly there are none. */
export function readHeaders({
  orgId,
  endpointId,
  headers,
}: Pick<Row, 'orgId' | 'endpointId' | 'headers'>): SealedHeaders | null {
  if (headers === null || endpointId === null) return null
  // HEADERS_OF_ENDPOINT made it.
  const [sealed, endpointUrl] = JSON.parse(headers) as [string, string]
  return { ...placeOfHeaders(orgId, endpointId), sealed, endpointUrl }
}

/** Mostly there is none. */
export function readCertificate({
  certificate,
}: Pick<Row, 'certificate'>): NamedCertificate | null {
  if (certificate === null) return null
  // CERTIFICATE_OF_ENDPOINT made it.
  const [name, endpointUrl] = JSON.parse(certificate) as [string, string]
  return { name, endpointUrl }
}

/**
 * Reads the call of a delivery, however long. @throws when its event is gone: so is the delivery then; and
 * when it does not read.
 */
export async function loadCall(
  db: Database,
  { orgId, id, callId }: Pick<DeliveryToSend, 'orgId' | 'id' | 'callId'>,
): Promise<string> {
  const [event] = await db.all<{ call: string }>(sql`
    SELECT call FROM events
    WHERE org_id = ${orgId} AND listed_under = lower(${callId}) AND id = ${eventIdOf(id)}`)
  if (!event) throw new Error('the event is gone')
  const call = unpackCall(event.call, callId)
  if (call === null) throw new Error('the call does not read')
  return call
}
