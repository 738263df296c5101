// The consumer's second round trip: what came of a batch, written in one transaction.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { ATTEMPT_INSTANT_LENGTH } from '../ids.ts'
import { letFollow, readFollowers, type Follower } from '../ordering/let-follow.ts'
import { recordingCopies } from '../replays/copies.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { stagesFrom, type DeliveryRef, type EndpointRef } from '../words.ts'
import { noteDisabled } from '../notices/failing.ts'
import { noteExhausted } from '../notices/exhausted.ts'
import { logDisabled } from './disabling.ts'
import { ENDED_BY } from './ended.ts'
import { holding, type HeldRef } from './hold.ts'
import { failedAt } from './last-failure.ts'
import {
  healthChanges,
  noteOutcomes,
  noteSlow,
  releaseNext,
  tallyByEndpoint,
  type Noted,
} from './recovery.ts'
import { countForReplays } from './replay-outcomes.ts'

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
  /** Unix ms: outcomes count in the order in which they ended. */
  endedAt: number
  /** It succeeded, and its receiver was not slow. */
  isWell: boolean
  error: string | null
  responseStatus: number | null
  /** The replay that asked for it; absent: none did. */
  replayId?: string
  /** Others may wait for its delivery. */
  isOrdered?: true
}

/** What came of a set: attempts that ended, deliveries to be held. */
export type Outcomes = {
  attempts: AttemptRecord[]
  held: HeldRef[]
  /** Endpoints that keep an attempt waiting at this moment. */
  slow: EndpointRef[]
}

/** What is written at once: one attempt a delivery at most, in the order in which they ended. */
export type BatchRecord = Outcomes & {
  now: number
  leaseMs: number
  disableAfterExhausted: number
}

/** What may be sent next of what was parked, and of what waited for these; and what has happened. */
export type Recorded = {
  released: DeliveryRef[]
  followers: Follower[]
  transitions: Transition[]
  /** Attempts that something had overtaken. */
  supersededCount: number
}

/**
 * Writes a batch's outcomes in one transaction. An outcome changes state only while it is current (A6);
 * the attempt is logged all the same, with what superseded it. Repeating the write changes nothing: the
 * counters look at the versions before the deliveries' own update raises them (C1).
 */
export async function recordIfCurrent(db: Database, batch: BatchRecord): Promise<Recorded> {
  const { now, leaseMs, held, slow } = batch
  const copies = batch.attempts.filter(({ copiedBy }) => copiedBy !== undefined)
  const attempts = batch.attempts.filter(({ copiedBy }) => copiedBy === undefined)
  const outcomes = JSON.stringify(toOutcomes(attempts))
  const entries = toEntries(attempts)
  const tally = tallyByEndpoint(outcomes, TAKES_EFFECT)
  const isReplaying = attempts.some(({ replayId }) => replayId !== undefined)
  const isExhausting = attempts.some(({ status }) => status === 'exhausted')
  const counting = toCounting(attempts)
  const done = await transaction(db, {
    ...(attempts.some(isOrderedEnd) ? letFollow(db, waitsBehind(outcomes), batch) : {}),
    released: statement<DeliveryRef>(db, releaseNext(tally, now, leaseMs)),
    noted: statement<Noted>(db, noteOutcomes(tally, batch)),
    disabled: counting.length > 0 ? statement(db, logDisabled(counting, now)) : undefined,
    told: counting.length > 0 ? statement(db, noteDisabled(counting, now)) : undefined,
    exhausted: isExhausting ? statement(db, noteExhausted(outcomes, TAKES_EFFECT, now)) : undefined,
    replayed: isReplaying ? statement(db, countForReplays(outcomes, TAKES_EFFECT)) : undefined,
    superseded: statement(db, logSuperseded(outcomes, entries, now)),
    moved: statement<Outcome>(db, move(outcomes, entries, now)),
    rescheduled: statement(db, reschedule(outcomes, entries, now)),
    slowed: slow.length > 0 ? statement<Noted>(db, noteSlow(JSON.stringify(slow), now)) : undefined,
    ...holding(db, held, { now, leaseMs }),
    ...recordingCopies(db, copies.map(withoutEntry), toEntries(copies), now),
  })
  const supersededCount = done.superseded.length
  const released = done.released.concat(done.replaced)
  const followers = readFollowers(done.followed ?? [])
  const transitions = whatHappened({ ...done, released })
  return { released, followers, transitions, supersededCount }
}

/** What the statements that move anything have answered. */
type Done = Record<'released' | 'held' | 'heldNew', Moved[]> &
  Record<'noted' | 'slowed', Noted[]> & { moved: Outcome[] }

function whatHappened(done: Done): Transition[] {
  return [
    ...ofDeliveries(done.released, { from: 'parked', to: 'pending', cause: 'attempt' }),
    ...healthChanges(done.noted),
    ...done.moved.flatMap(({ status: to, ...one }) =>
      to === 'pending' ? [] : ofDeliveries([one], { from: 'pending', to, cause: 'attempt' }),
    ),
    ...healthChanges(done.slowed),
    ...ofDeliveries([...done.held, ...done.heldNew], {
      from: 'pending',
      to: 'parked',
      cause: 'not_sent_to',
    }),
  ]
}

function isOrderedEnd({ isOrdered, status }: AttemptRecord): boolean {
  return isOrdered === true && status !== 'pending'
}

/** SQL, a FROM with its WHERE: the waits `w` for the deliveries that these outcomes end. */
function waitsBehind(outcomes: string): SQL {
  return sql`FROM json_each(${outcomes}) a CROSS JOIN deliveries d CROSS JOIN call_waits w
    WHERE a.value->>'isOrdered' AND a.value->>'status' <> 'pending' AND ${TAKES_EFFECT}
      AND w.org_id = d.org_id AND w.behind = d.id`
}

/** The endpoints against which any of them counts: no other can be disabled. */
function toCounting(attempts: AttemptRecord[]): EndpointRef[] {
  const refs = attempts.flatMap(({ orgId, endpointId, countsAsFailure }) =>
    countsAsFailure && endpointId !== null ? [[endpointId, { orgId, endpointId }] as const] : [],
  )
  return [...new Map(refs).values()]
}

/**
 * The outcomes without their entries in the log, which are long, and which SQLite would parse for each
 * member that is asked for. `isAllWell` is true of all its endpoint's in the batch, or of none.
 */
function toOutcomes(attempts: AttemptRecord[]) {
  const unwell = new Set(attempts.flatMap((one) => (one.isWell ? [] : one.endpointId)))
  return attempts.map((one) => ({ ...withoutEntry(one), isAllWell: !unwell.has(one.endpointId) }))
}

function withoutEntry({ entry: _entry, ...rest }: AttemptRecord) {
  return rest
}

/** The entries as a list, in which each has the place of its outcome. */
function toEntries(attempts: AttemptRecord[]): string {
  return `[${attempts.map(({ entry }) => entry).join(',')}]`
}

/** SQL condition: the outcome `a` is a success, and no redelivery has asked for another attempt since. */
const STILL_DELIVERS: SQL = sql`(a.value->>'status' = 'delivered'
  AND d.manual_retry_count = a.value->>'manualRetryCount')`

/**
 * SQL condition: the outcome `a` makes of the delivery `d` what it says. Its version still holds, or it
 * still delivers: whoever brings a success, though another attempt of the same version failed before.
 */
const TAKES_EFFECT: SQL = sql`d.org_id = a.value->>'orgId'
  AND d.stage IN ${stagesFrom(sql`a.key`, 'open')} AND d.id = a.value->>'id'
  AND (d.version = a.value->>'version' OR ${STILL_DELIVERS})`

// What is new has the version of its first message still: no attempt is too late for it.
// The answer of the attempt that started last is shown, though it changed nothing: ids begin with that
// instant, and of two at the same one the overtaken started first.
function logSuperseded(outcomes: string, entries: string, now: number): SQL {
  const by = sql`CASE WHEN d.manual_retry_count <> a.value->>'manualRetryCount' THEN 'redelivery'
    ELSE coalesce(${ENDED_BY}, 'attempt') END`
  const entry = sql`json_set(${entryOf(entries)}, '$[5].superseded', ${by})`
  const isNewest = sql`NOT EXISTS (
    SELECT 1 FROM json_each(d.attempts) e
    WHERE e.value->>0 >= substr(a.value->>'attemptId', 1, ${ATTEMPT_INSTANT_LENGTH}))`
  const isLastFailure = sql`(a.value->>'error' IS NOT NULL AND ${ENDED_BY} IS NULL AND ${isNewest})`
  return sql`
    UPDATE deliveries AS d SET updated_at = ${now},
      last_response_status = iif(${isNewest}, a.value->>'responseStatus', d.last_response_status),
      last_error = iif(${isLastFailure}, a.value->>'error', d.last_error),
      ${failedAt(sql`iif(${isLastFailure}, a.value->>'endedAt', d.last_error_at)`, now)},
      attempts = iif(octet_length(d.attempts) < ${CLOSED_LOG_BYTES},
        ${appendTo(sql`d.attempts`, entry)}, d.attempts)
    FROM json_each(${outcomes}) a
    WHERE d.org_id = a.value->>'orgId' AND d.stage IN ${stagesFrom(sql`a.key`, 'old')}
      AND d.id = a.value->>'id' AND d.version <> a.value->>'version' AND NOT (${TAKES_EFFECT})
      AND instr(d.attempts, a.value->>'attemptId') = 0
    RETURNING 1`
}

type Outcome = Moved & Pick<AttemptRecord, 'status'>

/** Writes the outcomes that give a delivery another stage: it is over, or new no more. */
function move(outcomes: string, entries: string, now: number): SQL {
  const isOver = sql`a.value->>'status' <> 'pending'`
  return sql`
    UPDATE deliveries AS d SET stage = a.value->>'status', ${outcome(entries, now)},
      next_attempt_at = iif(${isOver}, d.next_attempt_at, a.value->>'nextAttemptAt'),
      sweep_at = iif(${isOver}, d.sweep_at, a.value->>'nextAttemptAt'),
      delivered_at = CASE WHEN a.value->>'status' = 'delivered' THEN coalesce(d.delivered_at, ${now})
        ELSE d.delivered_at END
    FROM json_each(${outcomes}) a
    WHERE (${isOver} OR d.stage = 'new') AND ${TAKES_EFFECT}
    ${RETURNING_MOVED}, status`
}

// A statement of its own, because naming the stage would rewrite the row's place in every index.
function reschedule(outcomes: string, entries: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET ${outcome(entries, now)},
      next_attempt_at = a.value->>'nextAttemptAt', sweep_at = a.value->>'nextAttemptAt'
    FROM json_each(${outcomes}) a
    WHERE a.value->>'status' = 'pending' AND ${TAKES_EFFECT}`
}

function outcome(entries: string, now: number): SQL {
  const at = sql`iif(a.value->>'error' IS NULL, d.last_error_at, a.value->>'endedAt')`
  return sql`version = d.version + 1, is_manual = 0,
    attempt_count = d.attempt_count + (NOT a.value->>'isManual'),
    resume_at = NULL, lapses = 0, last_error = coalesce(a.value->>'error', d.last_error),
    ${failedAt(at, now)},
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
      ELSE json_set(${entry}, '$[3]', NULL, '$[4]', NULL) END || ']'`
}
