// The client certificate that the operator names for an org: for all endpoints that it has, and those to come.
import { sql } from 'drizzle-orm'
import { auditIf, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'

/** The statements that name it, or none; where all is so already they write nothing. */
export function setCertificate(
  db: Database,
  actor: Actor,
  certificate: string | null,
  now: number,
) {
  const { orgId } = actor
  const isOther = sql`client_certificate IS NOT ${certificate}`
  const condition = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${orgId} AND ${isOther})
    OR EXISTS (SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND ${isOther})`
  const details = { client_certificate: certificate }
  const change = { action: 'org.update', targetId: orgId, at: now, details } as const
  const org = sql`UPDATE orgs SET client_certificate = ${certificate} WHERE id = ${orgId} AND ${isOther}`
  const endpoints = sql`
    UPDATE endpoints SET client_certificate = ${certificate}, updated_at = max(updated_at, ${now})
    WHERE org_id = ${orgId} AND ${isOther}`
  return {
    first: auditIf(db, condition, actor, change),
    second: statement(db, org),
    third: statement(db, endpoints),
  }
}
