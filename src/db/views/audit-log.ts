// The audit log, read.
import { and, eq } from 'drizzle-orm'
import type { Database } from '../client.ts'
import {
  isBeyondCursor,
  mergePages,
  nearestFirst,
  rowsToRead,
  toPage,
  type Page,
  type Paged,
} from '../page.ts'
import { auditLog } from '../schema.ts'

/** A row of the log; `details` is JSON text. */
export type AuditEntry = typeof auditLog.$inferSelect

/** One page, newest first, in one round trip. */
export async function listAuditLog(
  db: Database,
  orgId: string,
  page: Page,
): Promise<Paged<AuditEntry>> {
  return toPage(await readAuditLog(db, orgId, page), page)
}

/** A page of what is about no org that is there, which is in each database: newest first. */
export async function listOperatorLog(dbs: Database[], page: Page): Promise<Paged<AuditEntry>> {
  return mergePages(await Promise.all(dbs.map((db) => readAuditLog(db, '', page))), page)
}

/** Those nearest to the cursor first: as many as the page takes. */
function readAuditLog(db: Database, orgId: string, page: Page): Promise<AuditEntry[]> {
  return db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.orgId, orgId), isBeyondCursor(auditLog.id, page)))
    .orderBy(nearestFirst(auditLog.id, page))
    .limit(rowsToRead(page))
}
