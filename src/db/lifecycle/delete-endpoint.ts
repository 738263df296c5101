// The end of an endpoint: it goes at once, its pending deliveries end, and its traces when none is left.
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { audited, type Actor } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { deletedEndpoints, endpoints } from '../schema.ts'
import { transaction } from '../transaction.ts'
import { ofDeliveries, RETURNING_MOVED, type Moved, type Transition } from '../transitions.ts'
import { isAway, isMoving } from '../words.ts'
import { ended, ENDPOINT_DELETED } from './ended.ts'

/** What its deletion makes of a delivery. */
export const ENDED_BY_DELETION = { from: 'pending', to: 'exhausted', cause: 'deletion' } as const

/** What a deleted endpoint was. */
const BEFORE = { from: endpoints.status }

/** Deleted endpoints that share one round of the sweep. */
export const DELETED_A_ROUND = 100

/** Open deliveries that a delete ends at once, and so many more that are new; the sweep ends the rest. */
const END_AT_ONCE = 1000

/** The sweep leaves a deleted endpoint alone for so many ms: until then the delete may be repeated. */
const REPEATED_WITHIN_MS = 60_000

/** SQL condition: the org had this endpoint, and deleted it. */
function isDeletedSql(orgId: string, id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM deleted_endpoints gone
    WHERE gone.org_id = ${orgId} AND gone.id = ${id})`
}

/**
 * SQL condition: new deliveries are left for the deleted endpoint `gone`. No index knows: it reads all new
 * ones of the org, which are those of the last seconds, or of minutes when nobody delivers.
 */
const HAS_NEW: SQL = sql`EXISTS (SELECT 1 FROM deliveries n WHERE n.stage = 'new'
  AND n.org_id = gone.org_id AND n.endpoint_id = gone.id)`

/** SQL condition: deliveries of such stages, all but new ones, are left for the deleted endpoint `gone`. */
function hasMoved(stages: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM deliveries d INDEXED BY deliveries_by_endpoint
    WHERE d.endpoint_id = gone.id AND d.stage IN ${stages} AND d.stage <> 'new'
      AND +d.org_id = gone.org_id)`
}

/** SQL condition: something is pending for the deleted endpoint `gone`. */
const IS_PENDING: SQL = sql`(${hasMoved(sql`('pending')`)} OR ${HAS_NEW})`

/** SQL condition: some delivery refers to the deleted endpoint `gone`, for which none is new. */
const HAS_OLD: SQL = hasMoved(sql`('pending', 'delivered', 'exhausted')`)

/** Whether the endpoint is deleted now, by this call; and what has happened. */
export type Deletion = { isDeleted: boolean; transitions: Transition[] }

/**
 * Deletes the endpoint with its secrets, if it is there and `condition` on `ep` holds, and ends its pending
 * deliveries. What its history needs is kept elsewhere, out of the way of whatever is accepted or sent.
 */
export async function deleteEndpoint(
  db: Database,
  actor: Actor,
  id: string,
  now: number,
  condition: SQL = sql`true`,
): Promise<Deletion> {
  const { orgId } = actor
  const isEndpoint = and(eq(endpoints.orgId, orgId), eq(endpoints.id, id))
  const change = { action: 'endpoint.delete', targetId: id, at: now } as const
  const done = await transaction(db, {
    kept: audited(db, actor, change, statement(db, keepTraces(orgId, id, now, condition))),
    deleted: db
      .delete(endpoints)
      .where(and(isEndpoint, isDeletedSql(orgId, id)))
      .returning(BEFORE),
    secrets: statement(db, deleteSecretsOf(orgId, id)),
    over: statement<Moved>(db, endPendingOf(orgId, id, now)),
    // Repeated after its answer was lost it deletes nothing, and still it was made.
    found: db
      .select({ id: deletedEndpoints.id })
      .from(deletedEndpoints)
      .where(isOurs(orgId, id, now)),
  })
  const endpoint = { orgId, endpointId: id, to: 'deleted', cause: 'request' } as const
  const transitions: Transition[] = [
    ...done.deleted.map(({ from }) => ({ ...endpoint, from })),
    ...ofDeliveries(done.over, ENDED_BY_DELETION),
  ]
  return { isDeleted: done.found.length > 0, transitions }
}

function isOurs(orgId: string, id: string, now: number) {
  const { orgId: org, id: gone, deletedAt } = deletedEndpoints
  return and(eq(org, orgId), eq(gone, id), eq(deletedAt, now))
}

function keepTraces(orgId: string, id: string, now: number, condition: SQL): SQL {
  return sql`
    INSERT INTO deleted_endpoints (org_id, id, description, deleted_at, sweep_at)
    SELECT ep.org_id, ep.id, ep.description, ${now}, ${now + REPEATED_WITHIN_MS} FROM endpoints ep
    WHERE ep.org_id = ${orgId} AND ep.id = ${id} AND ${condition} ON CONFLICT (org_id, id) DO NOTHING`
}

// Any id may be asked to be deleted, the org's own too, which owns its default secret.
function deleteSecretsOf(orgId: string, id: string): SQL {
  return sql`DELETE FROM signing_secrets
    WHERE org_id = ${orgId} AND owner_id = ${id} AND ${isDeletedSql(orgId, id)}`
}

/** Ends its pending deliveries, held ones included, at most END_AT_ONCE. */
function endPendingOf(orgId: string, endpointId: string, now: number): SQL {
  return sql`
    UPDATE deliveries AS d SET ${ended(ENDPOINT_DELETED, now)}
    WHERE (d.stage, d.org_id, d.id) IN (
        SELECT * FROM (SELECT * FROM (SELECT n.stage, n.org_id, n.id FROM deliveries n
          WHERE n.stage = 'new' AND n.org_id = ${orgId} AND n.endpoint_id = ${endpointId}
          LIMIT ${literal(END_AT_ONCE)})
        UNION ALL SELECT * FROM (SELECT p.stage, p.org_id, p.id
          FROM deliveries p INDEXED BY deliveries_by_endpoint
          WHERE p.endpoint_id = ${endpointId} AND p.stage = 'pending' AND p.stage <> 'new'
            AND +p.org_id = ${orgId} LIMIT ${literal(END_AT_ONCE)}))
        LIMIT ${literal(END_AT_ONCE)})
      AND ${isDeletedSql(orgId, endpointId)}
    ${RETURNING_MOVED}`
}

/** The deleted endpoints that wait longest to be looked after. */
const due = (now: number): SQL => sql`(SELECT org_id, id FROM deleted_endpoints
  WHERE sweep_at <= ${now} AND NOT ${isAway(sql`deleted_endpoints.org_id`)}
  ORDER BY sweep_at LIMIT ${literal(DELETED_A_ROUND)})`

/**
 * Ends up to `limit` deliveries that are still pending for deleted endpoints, an equal part for each, and
 * as many that are new, of which it reads all that their orgs have.
 */
export function endOfDeleted({ now, limit }: { now: number; limit: number }): SQL {
  // IN, not FROM, and of one SELECT: the planner cannot see a LIMIT, and would scan every delivery to join so few.
  return sql`
    UPDATE deliveries AS d SET ${ended(ENDPOINT_DELETED, now)}
    WHERE (d.stage, d.org_id, d.id) IN (SELECT * FROM (
      SELECT p.stage, p.org_id, p.id FROM ${due(now)} AS gone CROSS JOIN deliveries p
      WHERE p.stage = 'pending' AND p.org_id = gone.org_id AND p.id IN (
        SELECT b.id FROM deliveries b INDEXED BY deliveries_by_endpoint
        WHERE b.endpoint_id = gone.id AND b.stage = 'pending' AND b.stage <> 'new'
          AND +b.org_id = gone.org_id
        LIMIT (SELECT ${literal(limit)} / count(*) FROM ${due(now)}))
      UNION ALL SELECT * FROM (SELECT n.stage, n.org_id, n.id
        FROM (SELECT DISTINCT org_id FROM ${due(now)}) AS org CROSS JOIN deliveries n
        WHERE n.stage = 'new' AND n.org_id = org.org_id
          AND (n.org_id, n.endpoint_id) IN ${due(now)}
        LIMIT ${literal(limit)})))
    ${RETURNING_MOVED}`
}

/** Forgets those of them to which no delivery refers. */
export function forgetDeleted(now: number): SQL {
  return sql`
    DELETE FROM deleted_endpoints AS gone WHERE (gone.org_id, gone.id) IN ${due(now)}
      AND NOT ${HAS_OLD} AND NOT ${HAS_NEW}
    RETURNING false AS "isPending"`
}

/** Has the sweep come back to the others while anything is pending for them. */
export function deferDeleted(now: number): SQL {
  return sql`
    UPDATE deleted_endpoints AS gone SET sweep_at = CASE WHEN ${IS_PENDING} THEN ${now} END
    WHERE (gone.org_id, gone.id) IN ${due(now)} AND (${HAS_OLD} OR ${HAS_NEW})
    RETURNING sweep_at IS NOT NULL AS "isPending"`
}

/** Forgets those of the endpoints (EndpointRefs, as JSON) that are deleted, ended, and have no delivery left. */
export function forgetUnreferred(refs: string): SQL {
  return sql`
    DELETE FROM deleted_endpoints WHERE (org_id, id) IN (
      SELECT gone.org_id, gone.id FROM json_each(${refs}) ref CROSS JOIN deleted_endpoints gone
      WHERE gone.org_id = ref.value->>'orgId' AND gone.id = ref.value->>'endpointId'
        AND NOT ${isMoving(sql`gone.org_id`)}
        AND gone.sweep_at IS NULL AND NOT ${HAS_OLD})`
}
