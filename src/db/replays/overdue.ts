// Steps of replays that are overdue and copies that nobody is on, whoever's they are.
import { sql } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { beat, JOB } from '../upkeep/heartbeats.ts'
import { isAway, type DeliveryRef, type StepRef } from '../words.ts'
import { takingLapsed, type CopyLeases } from './copies.ts'

/** A step so late, in ms, has lost its message, or fails. */
export const OVERDUE_MS = 60_000

/** The run is noted only when the last note is so old, in ms: one with nothing to do writes nothing. */
const HEARTBEAT_MS = 120_000

/** What nobody is on: steps that are overdue, and copies whose lease has ended. */
export type Overdue = { steps: StepRef[]; copies: DeliveryRef[] }

/**
 * The steps that are overdue, the latest first, at most `limit`, and copies that were taken with a new lease;
 * notes that it was looked, and costs one round trip.
 */
export async function findOverdue(
  db: Database,
  now: number,
  leases: CopyLeases,
  limit: number,
): Promise<Overdue> {
  const { steps, copiesTaken } = await transaction(db, {
    steps: statement<StepRef>(
      db,
      sql`SELECT r.org_id AS "orgId", r.id AS "replayId", r.step FROM replays r
        WHERE r.next_step_at <= ${now - OVERDUE_MS} AND NOT ${isAway(sql`r.org_id`)}
        ORDER BY r.next_step_at LIMIT ${literal(limit)}`,
    ),
    ...takingLapsed(db, now, leases),
    noted: statement(db, beat(`${JOB}replays`, now, HEARTBEAT_MS)),
  })
  return { steps, copies: copiesTaken.filter(({ isOver }) => isOver === 0) }
}
