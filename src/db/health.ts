// What /healthz tells, in one bounded round trip; and the rows that only it reads.
import { lt, sql } from 'drizzle-orm'
import type { DeliveryRef } from './attempts.ts'
import type { Database } from './client.ts'
import { deadLetters } from './schema.ts'

/** How long a dead letter counts, in ms: a day. */
const DEAD_LETTER_TTL_MS = 24 * 3600 * 1000

/** The state of the engine; counts stop at the limit they were asked with. */
export type Health = {
  oldestDueAt: number | null
  dueCount: number
  deadLetterCount: number
  sweptAt: number | null
}

/** Reads at most `countLimit` rows of each kind. Due is what nobody is on: queued and held are not. */
export async function readHealth(db: Database, now: number, countLimit: number): Promise<Health> {
  const [row] = await db.all<Health>(sql`
    SELECT min(due.sweep_at) AS "oldestDueAt", count(*) AS "dueCount",
      (SELECT count(*) FROM (SELECT 1 FROM dead_letters
        WHERE died_at > ${now - DEAD_LETTER_TTL_MS} LIMIT ${countLimit})) AS "deadLetterCount",
      (SELECT beat_at FROM heartbeats WHERE name = 'sweep') AS "sweptAt"
    FROM (SELECT sweep_at FROM deliveries WHERE status = 'pending' AND sweep_at <= ${now}
      ORDER BY sweep_at LIMIT ${countLimit}) AS due`)
  return row ?? { oldestDueAt: null, dueCount: 0, deadLetterCount: 0, sweptAt: null }
}

/** Notes messages that a queue gave up on; noting one again changes nothing. */
export async function recordDeadLetters(
  db: Database,
  refs: DeliveryRef[],
  now: number,
): Promise<void> {
  await db.run(sql`
    INSERT INTO dead_letters (org_id, delivery_id, version, died_at)
    SELECT ref.value->>'orgId', ref.value->>'id', ref.value->>'version', ${now}
    FROM json_each(${JSON.stringify(refs)}) ref WHERE true ON CONFLICT DO NOTHING`)
}

/** Forgets the dead letters that no longer count. */
export function pruneDeadLetters(db: Database, now: number) {
  return db.delete(deadLetters).where(lt(deadLetters.diedAt, now - DEAD_LETTER_TTL_MS))
}
