// Pruning: finished deliveries, their events, and forgotten Idempotency-Keys, in bounded batches.
import { sql } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { pruneDeadLetters } from '../figures/health.ts'
import { IDEMPOTENCY_TTL_MS } from '../idempotency.ts'
import { eventIdOf, lowestIdAt } from '../ids.ts'
import { forgetUnreferred } from './deleted-endpoints.ts'

/** A delivery to prune. */
export type Prunable = { orgId: string; id: string; listKey: string; endpointId: string | null }

/**
 * Finished deliveries made and last changed before `before` (Unix ms), at most `limit`. The ids carry
 * their instant, so each org's oldest are the first of its range and no index is needed.
 */
export function listPrunable(db: Database, before: number, limit: number): Promise<Prunable[]> {
  return db.all<Prunable>(sql`
    SELECT d.org_id AS "orgId", d.id, lower(d.call_id) AS "listKey", d.endpoint_id AS "endpointId"
    FROM orgs CROSS JOIN deliveries d
    WHERE d.org_id = orgs.id AND d.status IN ('delivered', 'exhausted')
      AND d.id < ${lowestIdAt(before)} AND d.updated_at < ${before}
    LIMIT ${limit}`)
}

/**
 * Deletes them unless they have changed since, and with its last delivery each one's event, and what
 * was left of its endpoint if that was deleted. In one transaction, so that none of these is ever left
 * without a delivery that leads to it.
 */
export async function prune(db: Database, prunable: Prunable[], before: number): Promise<void> {
  const refs = JSON.stringify(prunable.map((one) => ({ ...one, eventId: eventIdOf(one.id) })))
  await db.batch([
    statement(
      db,
      sql`DELETE FROM deliveries WHERE (org_id, status, id) IN (
        SELECT d.org_id, d.status, d.id FROM json_each(${refs}) ref CROSS JOIN deliveries d
        WHERE d.org_id = ref.value->>'orgId' AND d.status IN ('delivered', 'exhausted')
          AND d.id = ref.value->>'id' AND d.updated_at < ${before})`,
    ),
    statement(
      db,
      sql`DELETE FROM events WHERE (org_id, list_key, id) IN (
        SELECT ev.org_id, ev.list_key, ev.id FROM json_each(${refs}) ref CROSS JOIN events ev
        WHERE ev.org_id = ref.value->>'orgId' AND ev.list_key = ref.value->>'listKey'
          AND ev.id = ref.value->>'eventId' AND NOT EXISTS (
            SELECT 1 FROM deliveries d WHERE d.org_id = ev.org_id
              AND d.status IN ('pending', 'delivered', 'exhausted')
              AND d.id > ev.id AND d.id <= substr(ev.id, 1, 32) || 'ffff'))`,
    ),
    statement(db, forgetUnreferred(endpointsOf(prunable))),
  ])
}

/** As JSON, each once. */
function endpointsOf(prunable: Prunable[]): string {
  const refs = prunable.map(({ orgId, endpointId }) => ({ orgId, endpointId }))
  return JSON.stringify([...new Map(refs.map((ref) => [ref.endpointId, ref])).values()])
}

/** Deletes events that made no delivery, Idempotency-Keys and dead letters past their time. */
export async function pruneRest(
  db: Database,
  { now, before, limit }: { now: number; before: number; limit: number },
): Promise<void> {
  await db.batch([
    statement(
      db,
      sql`DELETE FROM events WHERE (org_id, list_key, id) IN (
        SELECT ev.org_id, ev.list_key, ev.id FROM orgs CROSS JOIN events ev
        WHERE ev.org_id = orgs.id AND ev.list_key = '' AND ev.id < ${lowestIdAt(before)}
        LIMIT ${limit})`,
    ),
    statement(
      db,
      sql`DELETE FROM idempotency_keys WHERE (org_id, key) IN (
        SELECT org_id, key FROM idempotency_keys WHERE created_at <= ${now - IDEMPOTENCY_TTL_MS}
        LIMIT ${limit})`,
    ),
    pruneDeadLetters(db, now),
  ])
}
