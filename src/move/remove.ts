// Deleted orgs: what is left of them goes a bounded part at a time.
import { forgetOrg, forgetPlace, listDeletedOrgs, removeRows } from '../db/move/remove.ts'
import { MOVED } from '../db/move/tables.ts'
import type { Database } from '../db/client.ts'
import type { Visited, World } from '../world.ts'

/** Rows deleted at once. */
const REMOVED_AT_ONCE = 1000

/** Deletes of one run in all databases: fifty thousand rows. */
const MAX_DELETES = 50

/**
 * Deletes what is left of deleted orgs in a database. It may be cut off anywhere, and run twice at once: an org is
 * forgotten when a look through all tables has found nothing more.
 */
export async function removeDeletedOrgs(
  world: Pick<World, 'log' | 'now' | 'store'> & Visited,
): Promise<void> {
  let left = Math.max(1, Math.floor(MAX_DELETES * world.share))
  for (const orgId of await listDeletedOrgs(world.db)) {
    const { deletes, isClean } = await removeOrg(world.db, orgId, left)
    left -= deletes
    if (isClean) {
      await forgetPlace(world.store.catalog, orgId)
      await forgetOrg(world.db, orgId, world.now())
      world.log({ event: 'org_removed', org_id: orgId })
    }
    if (left <= 0) return
  }
}

/** Deletes in one table after the other, as often as there is more; clean is what had nothing in any. */
async function removeOrg(db: Database, orgId: string, most: number) {
  let deletes = 0
  let isClean = true
  for (const table of MOVED) {
    for (let deleted = REMOVED_AT_ONCE; deleted === REMOVED_AT_ONCE;) {
      if (deletes >= most) return { deletes, isClean: false }
      deleted = await removeRows(db, orgId, table, REMOVED_AT_ONCE)
      if (deleted > 0) {
        deletes += 1
        isClean = false
      }
    }
  }
  return { deletes, isClean }
}
