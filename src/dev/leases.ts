// What a start of `npm run dev` before this one left leased: its queue is gone, and nobody is on any of it.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Where wrangler keeps local databases, one file each, in the folder of its state. */
const DATABASES = 'v3/d1/miniflare-D1DatabaseObject'

const HAS_DELIVERIES = `SELECT 1 FROM sqlite_master WHERE name = 'deliveries'`

/** A lease ends when it was taken, which counts as no lapse; a recovery does not wait for what was in flight. */
const FREE_LEASES = `
  UPDATE deliveries SET sweep_at = next_attempt_at WHERE status = 'pending' AND sweep_at > next_attempt_at;
  UPDATE endpoints SET sweep_at = unixepoch() * 1000
  WHERE pace IS NOT NULL AND sweep_at > unixepoch() * 1000`

/**
 * Ends every lease in the databases of the state, so that the first sweep takes what was leased. Only for
 * whoever is alone with the state.
 */
export function freeLeases(state: string): void {
  const folder = join(state, DATABASES)
  const files = existsSync(folder) ? readdirSync(folder) : []
  for (const file of files.filter((name) => name.endsWith('.sqlite'))) {
    const database = new DatabaseSync(join(folder, file))
    if (database.prepare(HAS_DELIVERIES).get()) database.exec(FREE_LEASES)
    database.close()
  }
}
