// What /healthz tells, in one bounded round trip.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { countSealedUnderOthers } from '../account/secrets.ts'
import type { Database } from '../client.ts'
import { DEAD_LETTER_TTL_MS } from '../lifecycle/retention.ts'
import { hasLapsed, NEW, orgsWaiting, PENDING, type Waiting } from '../lifecycle/turns.ts'
import { readStored } from '../stored-json.ts'
import { JOB, lastBeat, UNDECRYPTABLE_SECRET } from '../upkeep/heartbeats.ts'
import { isAway } from '../words.ts'

/** A sweep runs each minute and notes it every two; so late, in ms, it does not run at all. */
export const SWEEP_LATE_AFTER_MS = 5 * 60_000

/**
 * A secret that did not open shows for so many ms. Whatever waits for it is tried again within 15
 * minutes, the longest lease, so the fault shows until it is mended.
 */
export const FAULT_SHOWN_MS = 20 * 60_000

const Beats = z.record(z.string(), z.number())

/** Orgs that are looked at, at most. */
const ORGS_SHOWN = sql`(SELECT org_id FROM orgs_waiting w
  WHERE NOT ${isAway(sql`w.org_id`)} LIMIT 10000)`

/** How deliveries flow; counts stop at the limit they were asked with. */
export type Health = {
  oldestDueAt: number | null
  dueCount: number
  deadLetterCount: number
  sweptAt: number | null
  /** What the operator has stopped: orgs, hosts, or everything. Nothing of it is due. */
  stopCount: number
  /** Signing secrets that are sealed under another key than the current one. */
  secretsToRewrap: number
  undecryptableSecretAt: number | null
  /** When each recurring job last ran without a failure, by its name; absent: it never did. */
  lastRuns: Record<string, number>
}

/** What tells whether deliveries flow; `oldestDueAt` is null once a sweep has run. */
export type Pulse = Pick<Health, 'oldestDueAt' | 'sweptAt' | 'undecryptableSecretAt'>

/** An instant in Unix ms, and how long what is new is left alone from its insert, in ms. */
type At = { now: number; leaseMs: number }

/** Reads two rows by their names; only before the first sweep ever, what is due as well. */
export async function readPulse(db: Database, at: At): Promise<Pulse> {
  const [row] = await db.all<Pulse>(sql`
    SELECT ${lastBeat('sweep')} AS "sweptAt",
      ${lastBeat(UNDECRYPTABLE_SECRET)} AS "undecryptableSecretAt",
      CASE WHEN ${lastBeat('sweep')} IS NULL THEN ${oldestDueAt(at)} END AS "oldestDueAt"`)
  if (!row) throw new Error('a query without a table answers one row')
  return row
}

/** What to read: at which instant, where counts stop, and the key that seals now. */
export type HealthQuery = At & { countLimit: number; currentKeyId: string }

/** Reads at most `countLimit` rows of each kind. Due is what nobody is on: queued and parked are not. */
export async function readHealth(
  db: Database,
  { countLimit, currentKeyId, ...at }: HealthQuery,
): Promise<Health> {
  const [row] = await db.all<Omit<Health, 'lastRuns'> & { lastRuns: string }>(sql`
    SELECT ${oldestDueAt(at)} AS "oldestDueAt",
      min(${countLimit}, ${countDue(PENDING, dueBy(at), countLimit)} +
        ${countDue(NEW, lapsedBy(at), countLimit)}) AS "dueCount",
      (SELECT count(*) FROM (SELECT 1 FROM dead_letters
        WHERE died_at > ${at.now - DEAD_LETTER_TTL_MS} LIMIT ${countLimit})) AS "deadLetterCount",
      (SELECT count(*) FROM (SELECT 1 FROM stops s WHERE NOT EXISTS (
        SELECT 1 FROM deleted_orgs gone WHERE gone.org_id = s.org_id) LIMIT ${countLimit})) AS "stopCount",
      ${lastBeat('sweep')} AS "sweptAt",
      ${lastBeat(UNDECRYPTABLE_SECRET)} AS "undecryptableSecretAt",
      (${countSealedUnderOthers(currentKeyId, countLimit)}) AS "secretsToRewrap",
      (SELECT json_group_object(replace(name, ${JOB}, ''), beat_at) FROM heartbeats
        WHERE name = 'sweep' OR name GLOB ${`${JOB}*`}) AS "lastRuns"`)
  if (!row) throw new Error('an aggregate answers one row')
  return { ...row, lastRuns: readStored(row.lastRuns, Beats, {}) }
}

function oldestDueAt(at: At): SQL {
  const ofPending = sql`SELECT p.sweep_at FROM ${dueBy(at)} ORDER BY p.sweep_at LIMIT 1`
  const ofNew = sql`SELECT p.next_attempt_at + ${at.leaseMs} FROM ${lapsedBy(at)} ORDER BY p.id LIMIT 1`
  return sql`(SELECT min(first_at) FROM (
    ${firstOfEach(PENDING, ofPending)} UNION ALL ${firstOfEach(NEW, ofNew)}))`
}

function firstOfEach(waiting: Waiting, first: SQL): SQL {
  return sql`SELECT * FROM (WITH RECURSIVE ${orgsWaiting(waiting)}
    SELECT (${first}) AS first_at FROM ${ORGS_SHOWN} AS o)`
}

function countDue(waiting: Waiting, due: SQL, limit: number): SQL {
  return sql`(WITH RECURSIVE ${orgsWaiting(waiting)} SELECT count(*) FROM (
    SELECT 1 FROM ${ORGS_SHOWN} AS o CROSS JOIN ${due} LIMIT ${limit}))`
}

/** What is due of the org `o`. */
function dueBy({ now }: At): SQL {
  return sql`deliveries p INDEXED BY deliveries_due
    WHERE p.org_id = o.org_id AND p.stage = 'pending' AND p.sweep_at <= ${now}`
}

/** What is new of the org `o`, and nothing came of it in a lease. */
function lapsedBy(at: At): SQL {
  return sql`deliveries p WHERE p.org_id = o.org_id AND ${hasLapsed(at)}`
}
