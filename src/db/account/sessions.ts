// Who a dashboard session belongs to, read anew on every request.
import { eq } from 'drizzle-orm'
import type { Database } from '../client.ts'
import type { ApiKey } from './orgs.ts'
import { apiKeys, orgs } from '../schema.ts'

/** A session's key, whatever its state, and the name of its org. */
export type SessionOwner = { key: ApiKey; orgName: string }

/** One indexed read by the key's public id, and one for its org. */
export async function findSessionOwner(
  db: Database,
  publicId: string,
): Promise<SessionOwner | undefined> {
  const [row] = await db
    .select({ key: apiKeys, orgName: orgs.name })
    .from(apiKeys)
    .innerJoin(orgs, eq(orgs.id, apiKeys.orgId))
    .where(eq(apiKeys.publicId, publicId))
  return row
}
