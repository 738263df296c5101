// Quotas of what has been sent: every few minutes it is judged who is over one, so that intake asks for that alone.
import {
  countPending,
  findHeavySenders,
  markExcesses,
  type Excess,
  type HeavySender,
} from '../../db/upkeep/over-quota.ts'
import { dayOf, JUDGED_EVERY_S } from '../../quotas.ts'
import type { Visited, World } from '../../world.ts'

const DAY_MS = 24 * 3_600_000

/** For so long, in ms, an org counts as over, unless it is found again: then the cron has failed to come. */
const HOLDS_MS = 3 * JUDGED_EVERY_S * 1000

/**
 * Marks the orgs that are over a quota, and lets the others go on. What was accepted since the last roll-up is not
 * counted yet, so an org may pass by some minutes' worth. It may stop anywhere, be run again, and overlap with itself.
 */
export async function judgeQuotas(world: Pick<World, 'log' | 'now'> & Visited): Promise<void> {
  const now = world.now()
  const excesses: Excess[] = []
  for (const sender of await findHeavySenders(world.db, now)) {
    excesses.push(...judge(sender, now))
    const { orgId, deliveries, maxPending: most } = sender
    if (deliveries < most) continue
    const used = await countPending(world.db, orgId, most)
    if (used >= most)
      excesses.push({ orgId, quota: 'pending_deliveries', most, used, until: now + HOLDS_MS })
  }
  await markExcesses(world.db, excesses)
  for (const { orgId, quota, most, used } of excesses)
    world.log({ event: 'quota_exceeded', org_id: orgId, quota, most, used })
}

/** What is told by what an org has sent alone. */
function judge({ orgId, ...sent }: HeavySender, now: number): Excess[] {
  const { events, bytes, maxEvents, maxBytes } = sent
  const midnight = (dayOf(now) + 1) * DAY_MS
  const uses: Excess[] = [
    { orgId, quota: 'events_per_day', most: maxEvents, used: events, until: midnight },
    { orgId, quota: 'stored_bytes', most: maxBytes, used: bytes, until: now + HOLDS_MS },
  ]
  return uses.filter(({ used, most }) => used >= most)
}
