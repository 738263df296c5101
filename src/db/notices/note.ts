// Noting what has happened to the service itself, in the transaction in which it happens, where anybody is told of it.
import { sql, type SQL } from 'drizzle-orm'
import type { OperationalType } from '../../webhook/sample-data.ts'
import { beat } from '../upkeep/heartbeats.ts'

/** The heartbeat that says that the operator's org is told, too; it is written so often, in ms. */
const OPERATOR = 'operator'
const OPERATOR_BEAT_MS = 3_600_000

/** SQL condition: the endpoint is told any operational event; the index endpoints_told has no other. */
export function isTold(endpoint: 'ep' | 't'): SQL {
  return sql`${sql.raw(endpoint)}.enabled_events GLOB '*"[dekrs]*'`
}

const IS_TOLD = isTold('t')

/** The statement that says, in each database, that there is an operator's org. */
export function noteOperator(now: number): SQL {
  return beat(OPERATOR, now, OPERATOR_BEAT_MS)
}

/** SQL condition: somebody is told of this type. Where nobody is told of anything it reads no row. */
export function isWanted(orgId: SQL, type: OperationalType, now: number): SQL {
  return sql`(EXISTS (SELECT 1 FROM endpoints t INDEXED BY endpoints_told
      WHERE t.org_id = ${orgId} AND ${IS_TOLD} AND instr(t.enabled_events, ${`"${type}"`}))
    OR ${hasOperator(now)})`
}

/** SQL condition: somebody may be told of anything, in whichever org. */
export function isAnyTold(now: number): SQL {
  return sql`(EXISTS (SELECT 1 FROM endpoints t INDEXED BY endpoints_told WHERE ${IS_TOLD}) OR ${hasOperator(now)})`
}

function hasOperator(now: number): SQL {
  return sql`EXISTS (SELECT 1 FROM heartbeats WHERE name = ${OPERATOR} AND beat_at > ${now - 2 * OPERATOR_BEAT_MS})`
}

/**
 * SQL: notes what the query answers: each one's `org_id`, `id`, `about` and `data`. Noted again it is there once; what
 * follows may say otherwise. `at` is in Unix ms.
 */
export function note(type: OperationalType, at: SQL, found: SQL): SQL {
  return sql`
    INSERT INTO notices (org_id, id, type, about, data, at)
    SELECT n.org_id, ${`${type}:`} || n.id, ${type}, n.about, n.data, ${at} FROM (${found}) AS n WHERE true
    ON CONFLICT (org_id, id) DO NOTHING`
}

/** SQL expression: an instant in Unix ms as bodies have it. */
export function instantSql(at: SQL): SQL {
  return sql`strftime('%Y-%m-%dT%H:%M:%SZ', ${at} / 1000, 'unixepoch')`
}

/** SQL expression: the endpoint `ep` as bodies have it, JSON. */
export const ENDPOINT_DATA: SQL = sql`json_object('id', ep.id, 'url', ep.url, 'description', ep.description,
  'status', ep.status, 'disabled_reason', ep.disabled_reason,
  'disabled_at', ${instantSql(sql`ep.disabled_at`)}, 'consecutive_failures', ep.consecutive_failures)`
