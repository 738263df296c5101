// The catalog in the first database: which database an org is in, and whose a key is.
import { sql, type SQL } from 'drizzle-orm'
import { statement, type Database } from './client.ts'
import { idOfSide } from './sides.ts'
import { transaction } from './transaction.ts'

/** The databases' names of those orgs that are not in the first one. */
export async function findPlacements(
  catalog: Database,
  orgIds: string[],
): Promise<Map<string, string>> {
  const rows = await catalog.all<Placed>(sql`
    SELECT p.org_id AS "orgId", p.database FROM json_each(${JSON.stringify(orgIds)}) o
    CROSS JOIN placements p ON p.org_id = o.value`)
  return new Map(rows.map(({ orgId, database }) => [orgId, database]))
}

/** The statement that says where an org is going to be, on a condition. */
export function insertPlacement(orgId: string, database: string, condition: SQL): SQL {
  return sql`INSERT INTO placements (org_id, database) SELECT ${orgId}, ${database} WHERE ${condition}
    ON CONFLICT (org_id) DO NOTHING`
}

/**
 * Says where an org's twin is going to be: where the catalog says that the org is, and nowhere while that is the first
 * database, nor while the twin is in that one, and has yet to follow. That one is told that it is not there, for whoever does not know, and would look for it there.
 */
export async function placeTwin(catalog: Database, orgId: string): Promise<void> {
  const twinId = idOfSide(orgId, 'test')
  await transaction(catalog, {
    placed: statement(
      catalog,
      sql`INSERT INTO placements (org_id, database)
        SELECT ${twinId}, p.database FROM placements p WHERE p.org_id = ${orgId}
          AND NOT EXISTS (SELECT 1 FROM orgs WHERE id = ${twinId})
        ON CONFLICT (org_id) DO NOTHING`,
    ),
    closed: statement(
      catalog,
      sql`INSERT INTO departures (org_id, state)
        SELECT p.org_id, 'gone' FROM placements p WHERE p.org_id = ${twinId}
        ON CONFLICT (org_id) DO NOTHING`,
    ),
  })
}

/** An org that is not in the first database, and the name of the one that it is in. */
export type Placed = { orgId: string; database: string }

/** The query for the place of a key's org: no row when that is the first database. */
export function selectPlaceOfKey(publicId: string): SQL {
  return sql`SELECT p.org_id AS "orgId", p.database FROM key_owners o
    CROSS JOIN placements p ON p.org_id = o.org_id WHERE o.public_id = ${publicId}`
}

/**
 * Notes whose a key is going to be. False when its public id is another org's, or that of a key which
 * was made while there was one database: another must be drawn.
 */
export async function claimPublicId(
  catalog: Database,
  publicId: string,
  orgId: string,
): Promise<boolean> {
  const { owned } = await transaction(catalog, {
    claimed: statement(
      catalog,
      sql`INSERT INTO key_owners (public_id, org_id) SELECT ${publicId}, ${orgId}
        WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE public_id = ${publicId})
        ON CONFLICT (public_id) DO NOTHING`,
    ),
    owned: statement(
      catalog,
      sql`SELECT 1 FROM key_owners WHERE public_id = ${publicId} AND org_id = ${orgId}`,
    ),
  })
  return owned.length > 0
}
