// The consumer's second round trip: what came of a batch, written in one transaction.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { ID_INSTANT_LENGTH } from '../ids.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { ANY_STATUS, type DeliveryRef, type EndpointRef } from '../words.ts'
import { ENDPOINT_DELETED } from './delete-endpoint.ts'
import { hold } from './hold.ts'
import {
  healthChanges,
  noteOutcomes,
  noteSlow,
  releaseNext,
  tallyByEndpoint,
  type Noted,
} from './recovery.ts'

/** The attempt log keeps requests and responses up to this size in bytes; later entries go without. */
const FULL_LOG_BYTES = 1_000_000

/**
 * A log of this size takes no more entries that changed nothing. Those that did are a thousand by hand
 * and 21 automatic ones at most, of 500 bytes each by then: no row passes D1's 2,000,000 bytes (R5).
 */
const CLOSED_LOG_BYTES = 1_400_000

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
  durationMs: number
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

/** What may be sent next of what was parked; and what has happened. */
export type Recorded = { released: DeliveryRef[]; transitions: Transition[] }

/**
 * Writes a batch's outcomes in one transaction. An outcome changes state only while it is current (A6);
 * the attempt is logged all the same, with what superseded it. Repeating the write changes nothing: the
 * counters look at the versions before the deliveries' own update raises them (C1).
 */
export async function recordIfCurrent(db: Database, batch: BatchRecord): Promise<Recorded> {
  const { now, leaseMs, held, slow } = batch
  const outcomes = JSON.stringify(toOutcomes(batch.attempts))
  const entries = `[${batch.attempts.map(({ entry }) => entry).join(',')}]`
  const tally = tallyByEndpoint(outcomes, TAKES_EFFECT)
  const done = await transaction(db, {
    released: statement<DeliveryRef>(db, releaseNext(tally, now, leaseMs)),
    noted: statement<Noted>(db, noteOutcomes(tally, batch)),
    superseded: statement(db, logSuperseded(outcomes, entries, now)),
    finished: statement<Finished>(db, finish(outcomes, entries, now)),
    rescheduled: statement(db, reschedule(outcomes, entries, now)),
    slowed: slow.length > 0 ? statement<Noted>(db, noteSlow(JSON.stringify(slow), now)) : undefined,
    held: held.length > 0 ? statement<Moved>(db, hold(JSON.stringify(held))) : undefined,
  })
  const transitions = [
    ...ofDeliveries(done.released, { from: 'parked', to: 'pending', cause: 'attempt' }),
    ...healthChanges(done.noted),
    ...done.finished.flatMap(({ status: to, ...one }) =>
      ofDeliveries([one], { from: 'pending', to, cause: 'attempt' }),
    ),
    ...healthChanges(done.slowed),
    ...ofDeliveries(done.held, { from: 'pending', to: 'parked', cause: 'endpoint_disabled' }),
  ]
  return { released: done.released, transitions }
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
    WHERE d.org_id = a.value->>'orgId' AND d.status IN ${ANY_STATUS}
      AND d.id = a.value->>'id' AND d.version <> a.value->>'version' AND NOT (${TAKES_EFFECT})
      AND instr(d.attempts, a.value->>'attemptId') = 0`
}

type Finished = Moved & { status: 'delivered' | 'exhausted' }

function finish(outcomes: string, entries: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET status = a.value->>'status', ${outcome(entries, now)},
      delivered_at = CASE WHEN a.value->>'status' = 'delivered' THEN coalesce(d.delivered_at, ${now})
        ELSE d.delivered_at END
    FROM json_each(${outcomes}) a
    WHERE a.value->>'status' <> 'pending' AND ${TAKES_EFFECT}
    ${RETURNING_MOVED}, status`
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
    resume_at = NULL, lapses = 0, last_error = coalesce(a.value->>'error', d.last_error),
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
