// The consumer's two round trips: what a batch of messages needs to be sent, and what came of it.
import { sql, type SQL } from 'drizzle-orm'
import { listOwnHosts } from '../account/own-hosts.ts'
import { selectLive } from '../account/secrets.ts'
import { literal, statement, type Database } from '../client.ts'
import { eventIdOf, eventIdSql, ID_INSTANT_LENGTH } from '../ids.ts'
import { ENDPOINT_DELETED } from './deleted-endpoints.ts'
import {
  noteOutcomes,
  noteSlow,
  releaseNext,
  tallyByEndpoint,
  type EndpointRef,
} from './endpoint-health.ts'

/** A delivery at one version: what a queue message carries, and what fences a write. */
export type DeliveryRef = { orgId: string; id: string; version: number }

/** All that one attempt needs; `secrets` is JSON text, the live ones' [id, sealed], newest first. */
export type DeliveryToSend = DeliveryRef & {
  endpointId: string | null
  eventType: string
  callId: string
  url: string
  attemptCount: number
  manualRetryCount: number
  isManual: number
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
  endpointStatus: string | null
  unwellSince: number | null
  /** How many of its endpoint's backlog may be in flight, while it works one off. */
  pace: number | null
  secrets: string
  /** JSON text: the hosts where no webhook goes because they are this service's. */
  ownHosts: string
}

/** Whose secrets sign a delivery: its endpoint's, or the org's own for an inline one. */
const OWNER = { orgId: sql`d.org_id`, ownerId: sql`coalesce(d.endpoint_id, d.org_id)` }

/** The attempt log keeps requests and responses up to this size in bytes; later entries go without. */
const FULL_LOG_BYTES = 1_000_000

/**
 * A log of this size takes no more entries that changed nothing. Those that did are a thousand by hand
 * and 21 automatic ones at most, of 500 bytes each by then: no row passes D1's 2,000,000 bytes (R5).
 */
const CLOSED_LOG_BYTES = 1_400_000

/**
 * Longer calls, in bytes, are read one by one when their attempt comes: fifty of 256 KB at once took 143 MB
 * of the 128 that an isolate has.
 */
const LONG_CALL_BYTES = 32_768

/** Reads the deliveries whose version is still the message's; the others are missing from the answer. */
export function loadForAttempt(
  db: Database,
  refs: DeliveryRef[],
  now: number,
): Promise<DeliveryToSend[]> {
  return db.all<DeliveryToSend>(sql`
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
    JOIN events ev ON ev.org_id = d.org_id AND ev.list_key = lower(d.call_id)
      AND ev.id = ${eventIdSql(sql`d.id`)}
    LEFT JOIN endpoints ep ON ep.org_id = d.org_id AND ep.id = d.endpoint_id
    WHERE ${isCurrent(sql`ref.value`)}`)
}

/** Reads the call of a delivery, however long. @throws when its event is gone: so is the delivery then. */
export async function loadCall(
  db: Database,
  { orgId, id, callId }: Pick<DeliveryToSend, 'orgId' | 'id' | 'callId'>,
): Promise<string> {
  const [event] = await db.all<{ call: string }>(sql`
    SELECT call FROM events
    WHERE org_id = ${orgId} AND list_key = lower(${callId}) AND id = ${eventIdOf(id)}`)
  if (!event) throw new Error('the event is gone')
  return event.call
}

/**
 * An attempt and what it makes of its delivery; `entry` is the log's, as JSON text of at most 16,000
 * bytes, `attemptId` its token.
 */
export type AttemptRecord = DeliveryRef & {
  endpointId: string | null
  attemptId: string
  entry: string
  isManual: boolean
  /** Redeliveries that had been asked for when the delivery was read. */
  manualRetryCount: number
  status: 'pending' | 'delivered' | 'exhausted'
  nextAttemptAt: number
  countsAsFailure: boolean
  /** It succeeded, and in good time. */
  isWell: boolean
  error: string | null
  responseStatus: number | null
}

/** What a batch of attempts came to, to be written at once. */
export type BatchRecord = {
  /** One a delivery at most. */
  attempts: AttemptRecord[]
  held: DeliveryRef[]
  /** Endpoints that keep an attempt waiting at this moment. */
  slow: EndpointRef[]
  now: number
  leaseMs: number
  disableAfterExhausted: number
}

/**
 * Writes a batch's outcomes in one transaction. An outcome changes state only while it is current (A6);
 * the attempt is logged all the same, with what superseded it. Repeating the write changes nothing: the
 * counters look at the versions before the deliveries' own update raises them (C1). Answers what the
 * endpoints' backlogs may send next.
 */
export async function recordIfCurrent(db: Database, batch: BatchRecord): Promise<DeliveryRef[]> {
  const { now, leaseMs, held, slow } = batch
  const outcomes = JSON.stringify(toOutcomes(batch.attempts))
  const entries = `[${batch.attempts.map(({ entry }) => entry).join(',')}]`
  const tally = tallyByEndpoint(outcomes, TAKES_EFFECT)
  const [released] = await db.batch([
    statement<DeliveryRef>(db, releaseNext(tally, now, leaseMs)),
    statement(db, noteOutcomes(tally, batch)),
    statement(db, logSuperseded(outcomes, entries, now)),
    statement(db, finish(outcomes, entries, now)),
    statement(db, reschedule(outcomes, entries, now)),
    ...(slow.length > 0 ? [statement(db, noteSlow(JSON.stringify(slow), now))] : []),
    ...(held.length > 0 ? [statement(db, hold(JSON.stringify(held)))] : []),
  ])
  return released
}

/**
 * The outcomes without their entries in the log, which are long, and which SQLite would parse for each
 * member that is asked for. `isAllWell` is true of all its endpoint's in the batch, or of none.
 */
function toOutcomes(attempts: AttemptRecord[]) {
  const unwell = new Set(attempts.flatMap((one) => (one.isWell ? [] : one.endpointId)))
  return attempts.map(({ entry: _entry, ...rest }) => ({
    ...rest,
    isAllWell: !unwell.has(rest.endpointId),
  }))
}

/** SQL condition: the outcome `a` is a success, and no redelivery has asked for another attempt since. */
const STILL_DELIVERS: SQL = sql`(a.value->>'status' = 'delivered'
  AND d.manual_retry_count = a.value->>'manualRetryCount')`

/**
 * SQL condition: the outcome `a` makes of the delivery `d` what it says. Its version still holds, or it
 * still delivers: whoever brings a success, though another attempt of the same version failed before.
 */
const TAKES_EFFECT: SQL = sql`d.org_id = a.value->>'orgId'
  AND d.status = 'pending' AND d.id = a.value->>'id'
  AND (d.version = a.value->>'version' OR ${STILL_DELIVERS})`

/** SQL condition: the delivery `d` has ended with its endpoint. */
const IS_ENDED_BY_DELETION: SQL = sql`(d.status = 'exhausted' AND d.last_error = ${ENDPOINT_DELETED})`

// The answer of the attempt that started last is shown, though it changed nothing: ids begin with that
// instant, and of two at the same one the overtaken started first.
function logSuperseded(outcomes: string, entries: string, now: number): SQL {
  const by = sql`CASE WHEN d.manual_retry_count <> a.value->>'manualRetryCount' THEN 'redelivery'
    WHEN ${IS_ENDED_BY_DELETION} THEN 'deletion' ELSE 'attempt' END`
  const entry = sql`json_set(${entryOf(entries)}, '$.superseded', ${by})`
  const isNewest = sql`NOT EXISTS (
    SELECT 1 FROM json_each(d.attempts) e
    WHERE e.value->>'id' >= substr(a.value->>'attemptId', 1, ${ID_INSTANT_LENGTH}))`
  return sql`
    UPDATE deliveries AS d SET updated_at = ${now},
      last_response_status = iif(${isNewest}, a.value->>'responseStatus', d.last_response_status),
      last_error = iif(${isNewest} AND NOT ${IS_ENDED_BY_DELETION},
        coalesce(a.value->>'error', d.last_error), d.last_error),
      attempts = iif(octet_length(d.attempts) < ${CLOSED_LOG_BYTES},
        ${appendTo(sql`d.attempts`, entry)}, d.attempts)
    FROM json_each(${outcomes}) a
    WHERE d.org_id = a.value->>'orgId' AND d.status IN ('pending', 'delivered', 'exhausted')
      AND d.id = a.value->>'id' AND d.version <> a.value->>'version' AND NOT (${TAKES_EFFECT})
      AND instr(d.attempts, a.value->>'attemptId') = 0`
}

function finish(outcomes: string, entries: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET status = a.value->>'status', ${outcome(entries, now)},
      delivered_at = CASE WHEN a.value->>'status' = 'delivered' THEN coalesce(d.delivered_at, ${now})
        ELSE d.delivered_at END
    FROM json_each(${outcomes}) a
    WHERE a.value->>'status' <> 'pending' AND ${TAKES_EFFECT}`
}

// A statement of its own, because naming status would rewrite the row's place in every index.
function reschedule(outcomes: string, entries: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET ${outcome(entries, now)},
      next_attempt_at = a.value->>'nextAttemptAt', sweep_at = a.value->>'nextAttemptAt'
    FROM json_each(${outcomes}) a
    WHERE a.value->>'status' = 'pending' AND ${TAKES_EFFECT}`
}

function outcome(entries: string, now: number): SQL {
  return sql`version = d.version + 1, is_manual = 0,
    attempt_count = d.attempt_count + (NOT a.value->>'isManual'),
    resume_at = NULL, laps = 0, last_error = coalesce(a.value->>'error', d.last_error),
    last_response_status = a.value->>'responseStatus', updated_at = ${now},
    attempts = ${appendTo(sql`d.attempts`, entryOf(entries))}`
}

/** The log's entry of the outcome `a`: what stands at the same place of its own list. */
function entryOf(entries: string): SQL {
  return sql`json_extract(${entries}, '$[' || a.key || ']')`
}

// The log is JSON text, an array, and grows as text: to parse it would cost more the longer it is.
function appendTo(log: SQL, entry: SQL): SQL {
  return sql`substr(${log}, 1, length(${log}) - 1) || iif(${log} = '[]', '', ',') ||
    CASE WHEN octet_length(${log}) < ${FULL_LOG_BYTES} THEN ${entry}
      ELSE json_remove(${entry}, '$.sent', '$.response') END || ']'`
}

// Only the database knows whether the endpoint is disabled at this moment: were it enabled just now,
// a delivery held here would have missed its release.
function hold(refs: string): SQL {
  return sql`
    UPDATE deliveries AS d SET sweep_at = NULL
    FROM json_each(${refs}) ref JOIN endpoints ep ON ep.org_id = ref.value->>'orgId'
    WHERE ${isCurrent(sql`ref.value`)} AND ep.id = d.endpoint_id AND ep.status = 'disabled'`
}

function isCurrent(ref: SQL): SQL {
  return sql`d.org_id = ${ref}->>'orgId' AND d.status = 'pending' AND d.id = ${ref}->>'id'
    AND d.version = ${ref}->>'version'`
}
