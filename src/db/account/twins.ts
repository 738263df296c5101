// The test side of an org, its twin: made with its first key, in the transaction that stores that.
import { sql } from 'drizzle-orm'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { idOfSide } from '../sides.ts'
import { EVERY_HOST } from '../stopped.ts'
import { isDeleted } from '../words.ts'
import { insertFirstSecret, type SealedSecret } from './secrets.ts'

/**
 * The statements that make the twin of the actor's org, where that is there and its twin is not: under the org's name,
 * with a default secret, stopped where the org is, and with its client certificate. Repeated, or done twice at once, they
 * make one. Once it is there they write nothing.
 */
export function createTwin(
  db: Database,
  actor: Actor,
  secret: SealedSecret,
  { now, isFree }: { now: number; isFree: ReturnType<typeof sql> },
) {
  const twinId = secret.orgId
  const liveId = idOfSide(twinId, 'live')
  const change = { action: 'org.create', targetId: twinId, at: now } as const
  const insert = sql`
    INSERT INTO orgs (id, name, created_at, client_certificate)
    SELECT ${twinId}, o.name, ${now}, o.client_certificate FROM orgs o
    WHERE o.id = ${liveId} AND ${isFree} AND NOT ${isDeleted(twinId)} ON CONFLICT (id) DO NOTHING`
  // The secret is stored last: until it is there, the twin is new.
  const isNew = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${twinId}) AND NOT EXISTS (
    SELECT 1 FROM signing_secrets WHERE org_id = ${twinId} AND owner_id = ${twinId})`
  return {
    twin: audited(db, { ...actor, orgId: twinId }, change, statement(db, insert)),
    twinStop: statement(
      db,
      sql`INSERT INTO stops (org_id, host, reason, stopped_at)
        SELECT ${twinId}, s.host, s.reason, s.stopped_at FROM stops s
        WHERE s.org_id = ${liveId} AND s.host = ${EVERY_HOST} AND ${isNew}
        ON CONFLICT (org_id, host) DO NOTHING`,
    ),
    twinSecret: statement(db, insertFirstSecret(secret, now, isNew)),
  }
}
