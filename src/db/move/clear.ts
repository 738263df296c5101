// What is left of an org in the database that it has left, deleted a bounded part at a time.
import { sql, type SQL } from 'drizzle-orm'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { literal, type Database } from '../client.ts'
import { deliveries } from '../schema.ts'
import { ANY_STAGE } from '../words.ts'
import type { MoveRef } from './marks.ts'
import { isOf, keyColumns, listColumns } from './tables.ts'

/**
 * Deletes some rows of a table, at most `limit`; answers how many. Only what an org has left behind: where
 * it is on its way back to by a later move, nothing is deleted any more.
 */
export async function deleteLeft(
  db: Database,
  move: MoveRef,
  table: SQLiteTable,
  limit: number,
): Promise<number> {
  return deleteRows(db, { table, orgId: move.orgId, condition: hasLeft(move), limit })
}

/** Which rows of an org: so many of a table, on a condition that does not depend on the row. */
type Rows = { table: SQLiteTable; orgId: string; condition: SQL; limit: number }

/** Deletes them, and answers how many they were. */
export async function deleteRows(
  db: Database,
  { table, orgId, condition, limit }: Rows,
): Promise<number> {
  const name = sql.identifier(getTableConfig(table).name)
  const key = keyColumns(table)
  const deleted = await db.all(sql`
    DELETE FROM ${name} WHERE (${listColumns(key)}) IN (
      SELECT ${listColumns(key, 'r.')} FROM ${name} r
      WHERE ${isOf(table, orgId)} AND ${inEveryPlace(table)} LIMIT ${literal(limit)})
      AND ${condition}
    RETURNING 1`)
  return deleted.length
}

/** Forgets which deliveries had to be looked at again, once that is done. */
export async function forgetUnsettled(
  db: Database,
  { orgId, number }: MoveRef,
  limit: number,
): Promise<number> {
  const deleted = await db.all(sql`
    DELETE FROM unsettled_deliveries WHERE (org_id, id) IN (
      SELECT r.org_id, r.id FROM unsettled_deliveries r WHERE r.org_id = ${orgId}
      LIMIT ${literal(limit)})
      AND EXISTS (SELECT 1 FROM arrivals here WHERE here.org_id = ${orgId}
        AND here.number = ${number} AND here.step = 'here')
    RETURNING 1`)
  return deleted.length
}

/** The key begins with the stage: all are named, or every org's would be walked. */
function inEveryPlace(table: SQLiteTable): SQL {
  return table === deliveries ? sql`r.stage IN ${ANY_STAGE}` : sql`true`
}

function hasLeft({ orgId, number }: MoveRef): SQL {
  return sql`EXISTS (SELECT 1 FROM departures away
      WHERE away.org_id = ${orgId} AND away.state = 'gone')
    AND NOT EXISTS (SELECT 1 FROM arrivals here
      WHERE here.org_id = ${orgId} AND here.number > ${number})`
}
