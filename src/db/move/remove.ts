// What is left of deleted orgs in a database, and in the catalog.
import { sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { audited, systemIn } from '../audit.ts'
import { literal, statement, type Database } from '../client.ts'
import { transaction } from '../transaction.ts'
import { isDeleted } from '../words.ts'
import { deleteRows } from './clear.ts'

/** Deleted orgs that one run looks after in a database. */
const REMOVED_A_RUN = 10

/** Those of which something is left, the longest ago first. */
export async function listDeletedOrgs(db: Database): Promise<string[]> {
  const rows = await db.all<{ orgId: string }>(sql`
    SELECT org_id AS "orgId" FROM deleted_orgs ORDER BY deleted_at LIMIT ${literal(REMOVED_A_RUN)}`)
  return rows.map(({ orgId }) => orgId)
}

/** Deletes some rows of a table that are a deleted org's, at most `limit`; answers how many. */
export function removeRows(
  db: Database,
  orgId: string,
  table: SQLiteTable,
  limit: number,
): Promise<number> {
  return deleteRows(db, { table, orgId, condition: isDeleted(orgId), limit })
}

/** Forgets where a deleted org was, and whose its keys were. */
export async function forgetPlace(catalog: Database, orgId: string): Promise<void> {
  await transaction(catalog, {
    keys: statement(catalog, sql`DELETE FROM key_owners WHERE org_id = ${orgId}`),
    move: statement(catalog, sql`DELETE FROM moves WHERE org_id = ${orgId}`),
    place: statement(catalog, sql`DELETE FROM placements WHERE org_id = ${orgId}`),
  })
}

/** Forgets a deleted org of which nothing is left, and logs that, for the operator. */
export async function forgetOrg(db: Database, orgId: string, now: number): Promise<void> {
  const forgotten = statement(db, sql`DELETE FROM deleted_orgs WHERE org_id = ${orgId}`)
  const change = { action: 'org.remove', targetId: orgId, at: now } as const
  await transaction(db, { forgotten: audited(db, systemIn(''), change, forgotten) })
}
