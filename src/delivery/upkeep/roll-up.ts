// The roll-up: every few minutes, new deliveries are counted into the hours that charts show.
import { addUpCounts } from '../../db/upkeep/counts.ts'
import { findCountedUntil, findFirstSince, rollUp } from '../../db/upkeep/roll-up.ts'
import type { Visited, World } from '../../world.ts'

/** Younger deliveries are left for the next run, in ms: most of them have not had an answer yet. */
const LAG_MS = 120_000

/** The longest stretch counted in one transaction, in ms, and how many a run counts in all databases: each is four queries. */
const SLICE_MS = 60_000
const MAX_SLICES = 40

/** What is older, in ms, is not counted at a first run, or after a pause: charts reach no further back. */
const MAX_BEHIND_MS = 7 * 24 * 3_600_000

/**
 * Counts what is due, at most MAX_SLICES slices of it, and adds up what isolates have counted; stretches without deliveries cost nothing. It may
 * stop anywhere, be run again, and overlap with itself.
 */
export async function countDeliveries(world: Pick<World, 'now'> & Visited): Promise<void> {
  const now = world.now()
  const end = now - LAG_MS
  const counted = await findCountedUntil(world.db)
  let from = counted ?? now - MAX_BEHIND_MS
  for (let slice = 0; slice < MAX_SLICES * world.share && from < end; slice += 1) {
    const begin = Math.max(from, now - MAX_BEHIND_MS)
    const first = (await findFirstSince(world.db, begin)) ?? end
    const until = Math.min(Math.max(first, begin) + SLICE_MS, end)
    await rollUp(world.db, from, { begin, until })
    from = until
  }
  await addUpCounts(world.db, now)
}
