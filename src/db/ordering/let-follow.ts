// What waited for a delivery that is over goes on, in the transaction in which that ends.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { LISTEN_URL, type DeliveryRef } from '../words.ts'

/** It may have been begun so many ms before its time: what is due within that is on its way by itself. */
const EARLY_MS = 1000

/** A delivery whose turn has come. `isParked`: its endpoint's recovery, or whoever listens, takes it from there. */
export type Follower = DeliveryRef & { isUnwell: boolean; isParked: boolean }

/** As SQLite says it. */
export type FollowerRow = DeliveryRef & { isUnwell: number; isParked: number }

/** When, in Unix ms, and how long a lease is. */
type When = { now: number; leaseMs: number }

/**
 * The statements that let those go on whose waits `w` are named by a FROM with its WHERE, because what they wait for ends in this very
 * transaction: due now, with a lease, or parked where their endpoint is not sent to as things come. Both stand before
 * the update that ends it, and before what is taken of what is parked. Nothing is done twice: it raises a version.
 */
export function letFollow(db: Database, waits: SQL, { now, leaseMs }: When) {
  const rests = sql`EXISTS (SELECT 1 FROM endpoints ep WHERE ep.org_id = deliveries.org_id
    AND ep.id = deliveries.endpoint_id
    AND (ep.status <> 'enabled' OR ep.pace IS NOT NULL OR deliveries.url = ${LISTEN_URL}))`
  const isUnwell = sql`EXISTS (SELECT 1 FROM endpoints ep WHERE ep.org_id = deliveries.org_id
    AND ep.id = deliveries.endpoint_id AND ep.unwell_since IS NOT NULL)`
  return {
    followed: statement<FollowerRow>(
      db,
      sql`${goOn(waits, now, sql`iif(${rests}, NULL, ${now + leaseMs})`)}
        RETURNING org_id AS "orgId", id, version, sweep_at IS NULL AS "isParked", ${isUnwell} AS "isUnwell"`,
    ),
    waitedFor: statement(db, forgetWaits(waits)),
  }
}

/** What it answers. */
export function readFollowers(rows: FollowerRow[]): Follower[] {
  return rows.map(({ isUnwell, isParked, ...ref }) => ({
    ...ref,
    isUnwell: isUnwell === 1,
    isParked: isParked === 1,
  }))
}

/**
 * The statements that make due what waits for deliveries which were ended just before without an attempt, so that the next
 * sweep takes it, as all that is due. Which waits `w` these are is said by a FROM with its WHERE: it may name more, whose
 * deliveries are not over. They read no row while nothing waits.
 */
export function leavingToSweep(db: Database, waits: SQL, now: number) {
  const over = sql`${waits} AND EXISTS (SELECT 1 FROM deliveries d
    WHERE d.stage = 'exhausted' AND d.org_id = w.org_id AND d.id = w.behind)`
  return {
    due: statement(db, goOn(over, now, sql`${now}`)),
    waitedFor: statement(db, forgetWaits(over)),
  }
}

/** SQL: those go on whose waits `w` are named, unless something has happened to them already, or somebody is on them. */
export function goOn(waits: SQL, now: number, sweepAt: SQL): SQL {
  return sql`
    UPDATE deliveries SET version = version + 1, next_attempt_at = ${now}, sweep_at = ${sweepAt}
    WHERE (stage, org_id, id) IN (SELECT 'pending', w.org_id, w.id ${waits})
      AND version = 1 AND (sweep_at IS NULL OR sweep_at = next_attempt_at
        OR next_attempt_at > ${now + EARLY_MS})`
}

/** SQL: these waits `w` are over. */
export function forgetWaits(waits: SQL): SQL {
  return sql`
    DELETE FROM call_waits WHERE (org_id, endpoint_id, id) IN (
      SELECT w.org_id, w.endpoint_id, w.id ${waits})`
}
