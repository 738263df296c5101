// What is left of the order within calls goes with its deliveries.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { ANY_STAGE } from '../words.ts'

/** Whether a delivery is the end of its call, or was stored behind another one; as SQLite says it. */
export type Lined = { isEnd: number; hasWaited: number }

/** SQL: columns that say so of the delivery `d`. They read no row where nothing was ordered. */
export function isLined(d: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM call_ends c WHERE c.org_id = ${d}.org_id AND c.endpoint_id = ${d}.endpoint_id
      AND c.call_id = lower(${d}.call_id) AND c.delivery_id = ${d}.id) AS "isEnd",
    EXISTS (SELECT 1 FROM call_waits w WHERE w.org_id = ${d}.org_id AND w.endpoint_id = ${d}.endpoint_id
      AND w.id = ${d}.id) AS "hasWaited"`
}

/** A delivery that is pruned, and the call that it is listed under. */
type Pruned = Lined & { orgId: string; id: string; endpointId: string | null; listedUnder: string }

/** The statements that prune it, behind that which prunes the deliveries; none for none. */
export function pruningLined(db: Database, pruned: Pruned[]) {
  const ends = pruned.filter(({ isEnd }) => isEnd === 1)
  const waits = pruned.filter(({ hasWaited }) => hasWaited === 1)
  return {
    ends: ends.length > 0 ? statement(db, pruneEnds(JSON.stringify(ends))) : undefined,
    waits: waits.length > 0 ? statement(db, pruneWaits(JSON.stringify(waits))) : undefined,
  }
}

function pruneEnds(refs: string): SQL {
  return sql`
    DELETE FROM call_ends WHERE (org_id, endpoint_id, call_id) IN (
      SELECT c.org_id, c.endpoint_id, c.call_id FROM json_each(${refs}) ref CROSS JOIN call_ends c
      WHERE c.org_id = ref.value->>'orgId' AND c.endpoint_id = ref.value->>'endpointId'
        AND c.call_id = ref.value->>'listedUnder' AND c.delivery_id = ref.value->>'id' AND ${IS_GONE})`
}

function pruneWaits(refs: string): SQL {
  return sql`
    DELETE FROM call_waits WHERE (org_id, endpoint_id, id) IN (
      SELECT w.org_id, w.endpoint_id, w.id FROM json_each(${refs}) ref CROSS JOIN call_waits w
      WHERE w.org_id = ref.value->>'orgId' AND w.endpoint_id = ref.value->>'endpointId'
        AND w.id = ref.value->>'id' AND ${IS_GONE})`
}

/** SQL condition: the delivery that `ref` names has been pruned: it had not changed meanwhile. */
const IS_GONE: SQL = sql`NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.stage IN ${ANY_STAGE}
  AND d.org_id = ref.value->>'orgId' AND d.id = ref.value->>'id')`
