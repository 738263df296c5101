// What endpoints have missed, as far back as that can be told.
import { countMissed, type MissedCount } from '../../db/replays/count-missed.ts'
import type { RangeFilter } from '../../db/walk.ts'
import type { World } from '../../world.ts'

const DAY_MS = 24 * 3600 * 1000

/** So much, in ms, clocks and what they were read for may differ. */
const MARGIN_MS = 15 * 60_000

/**
 * The instant from which on nothing is pruned, in Unix ms. Of what is older an endpoint may have had a delivery that
 * is gone by now, while the event is kept for another one's.
 */
export function missedSince({ config }: Pick<World, 'config'>, now: number): number {
  return now - config.retentionDays * DAY_MS + MARGIN_MS
}

/** What enabled endpoints have missed until now, and `total` of it; and apart from that what disabled ones have. */
export type FoundMissed = MissedCount & { total: number; ofDisabled: MissedCount['groups'] }

/** Counts it; what is read is bounded, however much that is. */
export async function findMissed(
  world: Pick<World, 'config' | 'store'>,
  orgId: string,
  filter: RangeFilter,
  now: number,
): Promise<FoundMissed> {
  const range = { since: missedSince(world, now), before: now }
  const counted = await countMissed(world.store.of(orgId), orgId, filter, range)
  const groups = counted.groups.filter(({ isEnabled }) => isEnabled)
  return {
    ...counted,
    groups,
    ofDisabled: counted.groups.filter(({ isEnabled }) => !isEnabled),
    total: groups.reduce((sum, { count }) => sum + count, 0),
  }
}
