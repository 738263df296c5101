// The host names that this service is called by: no webhook goes there (X5).
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from '../client.ts'
import { ownHosts } from '../schema.ts'
import { transaction } from '../transaction.ts'

/** Names that are kept, those that were seen last: a service has few, and each batch reads them all. */
const MAX_HOSTS = 32

/** Keeps a name, or that it was seen again. */
export async function keepOwnHost(db: Database, host: string, now: number): Promise<void> {
  await transaction(db, {
    seen: db
      .insert(ownHosts)
      .values({ host, seenAt: now })
      .onConflictDoUpdate({ target: ownHosts.host, set: { seenAt: sql`max(seen_at, ${now})` } }),
    forgotten: statement(
      db,
      sql`DELETE FROM own_hosts WHERE host NOT IN (
        SELECT host FROM own_hosts ORDER BY seen_at DESC, host LIMIT ${MAX_HOSTS})`,
    ),
  })
}

/** The query for the names, one JSON list. As part of another query it is run once, not for each row. */
export function listOwnHosts(): SQL {
  return sql`SELECT json_group_array(host) FROM own_hosts`
}
