// The audit log, read.
import { and, eq } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { auditLog } from '../schema.ts'

/** A row of the log; `details` is JSON text. */
export type AuditEntry = typeof auditLog.$inferSelect

/** One page, newest first, in one round trip. */
export async function listAuditLog(
  db: Database,
  orgId: string,
  page: Page,
): Promise<Paged<AuditEntry>> {
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.orgId, orgId), isBeyondCursor(auditLog.id, page)))
    .orderBy(nearestFirst(auditLog.id, page))
    .limit(rowsToRead(page))
  return toPage(rows, page)
}
