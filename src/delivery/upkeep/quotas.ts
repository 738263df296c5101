// Quotas of what has been sent: every few minutes it is judged who is over one, so that intake asks for that alone.
import {
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
  const senders = await findHeavySenders(world.db, now)
  const excesses = senders.flatMap((sender) => judge(sender, now))
  await markExcesses(world.db, excesses)
  for (const { orgId, quota, most, used } of excesses)
    world.log({ event: 'quota_exceeded', org_id: orgId, quota, most, used })
}

/** What an org is over. */
function judge({ orgId, ...has }: HeavySender, now: number): Excess[] {
  const { events, bytes, pending, maxEvents, maxBytes, maxPending } = has
  const midnight = (dayOf(now) + 1) * DAY_MS
  const until = now + HOLDS_MS
  const uses: Excess[] = [
    { orgId, quota: 'events_per_day', most: maxEvents, used: events, until: midnight },
    { orgId, quota: 'stored_bytes', most: maxBytes, used: bytes, until },
    { orgId, quota: 'pending_deliveries', most: maxPending, used: pending, until },
  ]
  return uses.filter(({ used, most }) => used >= most)
}
