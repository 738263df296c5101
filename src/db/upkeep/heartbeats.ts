// Heartbeats: the instants at which something last happened, by its name.
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '../client.ts'

/**
 * The statement that notes an instant (Unix ms) under a name, at most once in `everyMs`: one row written
 * then, none otherwise. It never goes back.
 */
export function beat(name: string, at: number, everyMs: number): SQL {
  return sql`
    INSERT INTO heartbeats (name, beat_at) VALUES (${name}, ${at})
    ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at
    WHERE excluded.beat_at >= heartbeats.beat_at + ${everyMs}`
}

/** SQL expression: the instant last noted under a name, NULL when none was. */
export function lastBeat(name: string): SQL {
  return sql`(SELECT beat_at FROM heartbeats WHERE name = ${name})`
}

/** The heartbeat of a fault: when a signing secret last did not open. */
export const UNDECRYPTABLE_SECRET = 'undecryptable_secret'

/** What the heartbeat of a recurring job begins with, before its name; the sweep has its own. */
export const JOB = 'job:'

/** A fault that goes on is noted so often: one row written in so many ms, however many deliveries wait. */
const NOTE_EVERY_MS = 60_000

/** Notes that a recurring job has run without a failure (Unix ms): one row written. */
export async function noteRun(db: Database, job: string, now: number): Promise<void> {
  await db.run(beat(JOB + job, now, 1))
}

/** The statement that notes that a signing secret did not open, once a minute at most. */
export function noteUndecryptable(now: number): SQL {
  return beat(UNDECRYPTABLE_SECRET, now, NOTE_EVERY_MS)
}
