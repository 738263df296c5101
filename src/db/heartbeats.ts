// Heartbeats: the instants at which something last happened, by its name.
import { sql, type SQL } from 'drizzle-orm'

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
