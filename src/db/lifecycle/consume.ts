// The consumer's first round trip: what a batch of deliveries needs to be sent.
import { sql } from 'drizzle-orm'
import { z } from 'zod'
import { listOwnHosts } from '../account/own-hosts.ts'
import { selectLive, type SealedSecret } from '../account/secrets.ts'
import { literal, type Database } from '../client.ts'
import { eventIdOf, eventIdSql } from '../ids.ts'
import { readStored } from '../stored-json.ts'
import { isCurrent, type DeliveryRef } from '../words.ts'

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
  /** Null when it is long: loadCall has it. */
  call: string | null
  /** Null when the delivery is inline, or its endpoint was deleted. */
  endpointStatus: 'enabled' | 'disabled' | null
  unwellSince: number | null
  /** How many of those parked for its endpoint may be in flight; null unless it is recovering. */
  pace: number | null
  /** What is in force for its owner, newest first: one list for all of the owner's deliveries. */
  secrets: readonly SealedSecret[]
  /** Where no webhook goes because these hosts are this service's. */
  ownHosts: readonly string[]
}

/** As the query answers it; the two lists are JSON text, secrets as [id, sealed]. */
type Row = Omit<DeliveryToSend, 'isManual' | 'secrets' | 'ownHosts'> & {
  isManual: number
  secrets: string
  ownHosts: string
}

/** Whose secrets sign a delivery: its endpoint's, or the org's own for an inline one. */
const OWNER = { orgId: sql`d.org_id`, ownerId: sql`coalesce(d.endpoint_id, d.org_id)` }

/**
 * Longer calls, in bytes, are read one by one when their attempt comes: fifty of 256 KB at once took 143 MB
 * of the 128 that an isolate has.
 */
const LONG_CALL_BYTES = 32_768

/** Reads the deliveries whose version is still the message's; the others are missing from the answer. */
export async function loadForAttempt(
  db: Database,
  refs: DeliveryRef[],
  now: number,
): Promise<DeliveryToSend[]> {
  const rows = await db.all<Row>(sql`
    SELECT d.org_id AS "orgId", d.id, d.version, d.endpoint_id AS "endpointId",
      d.event_type AS "eventType", d.call_id AS "callId", d.url, d.attempt_count AS "attemptCount",
      d.manual_retry_count AS "manualRetryCount", d.is_manual AS "isManual",
      d.redelivered_by AS "redeliveredBy", d.resume_at AS "resumeAt", d.next_attempt_at AS "nextAttemptAt",
      iif(json_valid(d.attempts), json_array_length(d.attempts), 0) AS "attemptsMade",
      ev.created, ev.api_version AS "apiVersion",
      CASE WHEN octet_length(ev.call) <= ${literal(LONG_CALL_BYTES)} THEN ev.call END AS call,
      ep.status AS "endpointStatus", ep.unwell_since AS "unwellSince", ep.pace,
      (SELECT json_group_array(json_array(live.id, live.sealed))
        FROM (${selectLive(OWNER, now)}) AS live) AS secrets,
      (${listOwnHosts()}) AS "ownHosts"
    FROM json_each(${JSON.stringify(refs)}) ref CROSS JOIN deliveries d
    JOIN events ev ON ev.org_id = d.org_id AND ev.listed_under = lower(d.call_id)
      AND ev.id = ${eventIdSql(sql`d.id`)}
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE ${isCurrent(sql`ref.value`)}`)
  return toDeliveries(rows)
}

const StoredSecrets = z.array(z.tuple([z.string(), z.string()]))
const StoredHosts = z.array(z.string())

/** What rows repeat is read once: to parse an owner's secrets takes longer than to sign with them. */
function toDeliveries(rows: Row[]): DeliveryToSend[] {
  const [first] = rows
  // The same in all. Were it not to read, nothing could be sent: it might go to a host of our own (X5).
  const ownHosts = first ? StoredHosts.parse(JSON.parse(first.ownHosts)) : []
  const known = new Map<string, SealedSecret[]>()
  return rows.map((row) => {
    const owner = `${row.orgId} ${row.endpointId} ${row.secrets}`
    const secrets = known.get(owner) ?? readSecrets(row)
    known.set(owner, secrets)
    return { ...row, isManual: row.isManual === 1, secrets, ownHosts }
  })
}

/** None when they do not read: then its attempt is a fault of ours, and the others' of its batch are not. */
function readSecrets({ orgId, endpointId, secrets }: Row): SealedSecret[] {
  const ownerId = endpointId ?? orgId
  const stored = readStored(secrets, StoredSecrets, [])
  return stored.map(([id, sealed]) => ({ orgId, ownerId, id, sealed }))
}

/** Reads the call of a delivery, however long. @throws when its event is gone: so is the delivery then. */
export async function loadCall(
  db: Database,
  { orgId, id, callId }: Pick<DeliveryToSend, 'orgId' | 'id' | 'callId'>,
): Promise<string> {
  const [event] = await db.all<{ call: string }>(sql`
    SELECT call FROM events
    WHERE org_id = ${orgId} AND listed_under = lower(${callId}) AND id = ${eventIdOf(id)}`)
  if (!event) throw new Error('the event is gone')
  return event.call
}
