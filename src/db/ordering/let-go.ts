// Endpoints that order no more: the sweep lets go what waits for them, a bounded part a round.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { isAway, type EndpointRef } from '../words.ts'
import { forgetWaits, goOn } from './let-follow.ts'

/** Endpoints that one round of a sweep looks after. */
const ENDPOINTS_A_ROUND = 10

/** Waits of each of these that are let go then, and ends of calls that are forgotten. */
const LET_GO_AT_ONCE = 500

/** SQL conditions: something waits for the endpoint `endpoints`, or is known as the end of a call. */
const HAS_WAITS: SQL = sql`EXISTS (SELECT 1 FROM call_waits w
  WHERE w.org_id = endpoints.org_id AND w.endpoint_id = endpoints.id)`
const HAS_ENDS: SQL = sql`EXISTS (SELECT 1 FROM call_ends c
  WHERE c.org_id = endpoints.org_id AND c.endpoint_id = endpoints.id)`

/** An endpoint that orders no more, and whether anything waits for it still. */
export type Unordered = EndpointRef & { hasWaits: number }

/** SQL expression: what `ordering_max_wait` becomes of an endpoint that orders no more: 0 while the sweep has to see to it. */
export const NO_ORDER: SQL<number | null> = sql`CASE WHEN ${HAS_WAITS} OR ${HAS_ENDS} THEN 0 END`

/** SQL: the endpoints that a sweep has to see to, those first for which anything waits. It reads no row while there are none. */
export function selectUnordered(): SQL {
  return sql`
    SELECT endpoints.org_id AS "orgId", endpoints.id AS "endpointId", ${HAS_WAITS} AS "hasWaits"
    FROM endpoints INDEXED BY endpoints_unordered
    WHERE endpoints.ordering_max_wait = 0 AND NOT ${isAway(sql`endpoints.org_id`)}
    ORDER BY "hasWaits" DESC LIMIT ${literal(ENDPOINTS_A_ROUND)}`
}

/** Lets go what waits for these: it is due now, and so the next round takes it. Once nothing is left they are done with. */
export async function letGo(db: Database, endpoints: EndpointRef[], now: number): Promise<void> {
  const refs = JSON.stringify(endpoints)
  const own = sql`FROM json_each(${refs}) ref CROSS JOIN endpoints own
    WHERE own.org_id = ref.value->>'orgId' AND own.id = ref.value->>'endpointId' AND own.ordering_max_wait = 0`
  const waits = sql`FROM (SELECT own.org_id, own.id ${own}) AS o CROSS JOIN call_waits w
    WHERE w.org_id = o.org_id AND w.endpoint_id = o.id AND w.id IN (
      SELECT part.id FROM call_waits part WHERE part.org_id = o.org_id AND part.endpoint_id = o.id
      ORDER BY part.id LIMIT ${literal(LET_GO_AT_ONCE)})`
  await transaction(db, {
    due: statement(db, goOn(waits, now, sql`${now}`)),
    waits: statement(db, forgetWaits(waits)),
    ends: statement(
      db,
      sql`DELETE FROM call_ends WHERE (org_id, endpoint_id, call_id) IN (
        SELECT c.org_id, c.endpoint_id, c.call_id FROM (SELECT own.org_id, own.id ${own}) AS o CROSS JOIN call_ends c
        WHERE c.org_id = o.org_id AND c.endpoint_id = o.id AND c.call_id IN (
          SELECT part.call_id FROM call_ends part WHERE part.org_id = o.org_id AND part.endpoint_id = o.id
          ORDER BY part.call_id LIMIT ${literal(LET_GO_AT_ONCE)}))`,
    ),
    over: statement(
      db,
      sql`UPDATE endpoints SET ordering_max_wait = NULL
        WHERE (org_id, id) IN (SELECT own.org_id, own.id ${own}) AND NOT ${HAS_WAITS} AND NOT ${HAS_ENDS}`,
    ),
  })
}
