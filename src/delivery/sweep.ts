// The sweep: every minute, what is due and nobody is on goes to the queue.
import { explainFault } from '../errors.ts'
import { NEVER_PROCESSED } from '../db/lifecycle/ended.ts'
import { claimDue, endUnsent, letGoOf, type Claimed } from '../db/lifecycle/sweep.ts'
import type { DeliveryRef } from '../db/words.ts'
import type { Visited, World } from '../world.ts'
import { LEASE_MS, MAX_LAPSES, MAX_LEASE_MS } from './lease.ts'
import { enqueue, ENOUGH_QUEUED } from './queue.ts'
import { tell, type Telling } from './transitions.ts'
import { inTurns } from './turns.ts'

/** A cron period, in ms: what comes due before the next sweep is sent now, with the delay that is left. */
const LOOK_AHEAD_MS = 60_000

/** Deliveries taken in one round trip. */
const ROUND_SIZE = 500

/** Rounds of one sweep in all databases: 10,000 deliveries a minute (R3). */
const MAX_ROUNDS = 20

/** What a sweep did. */
export type SweepResult = { claimed: number; sent: number; ended: number }

/**
 * Takes what is due within the next minute, of each org in turn, and sends it to the queue with the delay
 * that is left, so that retries fire to the second. Stops early when the queue refuses, or has enough.
 * Sweeps may overlap, come late or not at all: a delivery is taken by one of them (D4).
 */
export async function sweep(world: World & Visited): Promise<SweepResult> {
  const total = { claimed: 0, sent: 0, ended: 0 }
  // While the queue has enough, each sweep is one round: the next one's goes on with other orgs.
  const first = Math.floor(world.now() / LOOK_AHEAD_MS)
  for (let round = first; round < first + MAX_ROUNDS * world.share; round += 1) {
    const now = world.now()
    const found = await claimDue(world.db, {
      now,
      round,
      lookAheadMs: LOOK_AHEAD_MS,
      leaseMs: LEASE_MS,
      maxLeaseMs: MAX_LEASE_MS,
      limit: ROUND_SIZE,
    })
    tell(world, found.transitions)
    total.claimed += found.claimed.length
    total.ended += await endPoison(world, found.claimed, now)
    const due = found.claimed.filter((one) => one.situation === 'leased' && !isPoison(one))
    const { sent, depth } = await send(world, due, found.released, now)
    total.sent += sent
    // What goes wrong with them keeps nobody else from being sent: the next round tries again.
    await letGoOf(world.db, found, now).catch((error: unknown) =>
      world.log({ event: 'let_go_failed', error: explainFault(error) }),
    )
    const isRefused = sent < due.length + found.released.length
    if (found.isAll || isRefused || depth > ENOUGH_QUEUED) break
  }
  if (total.claimed > 0) world.log({ event: 'sweep', ...total })
  return total
}

function isPoison({ lapses }: Claimed): boolean {
  return lapses > MAX_LAPSES
}

async function endPoison(
  world: Telling & Visited,
  claimed: Claimed[],
  now: number,
): Promise<number> {
  const poison = claimed.filter(isPoison)
  if (poison.length === 0) return 0
  tell(world, await endUnsent(world.db, poison, NEVER_PROCESSED, now))
  return poison.length
}

function send(world: World, due: Claimed[], released: DeliveryRef[], now: number) {
  const messages = inTurns(
    [...due, ...released.map((ref) => ({ ...ref, nextAttemptAt: now }))],
    ({ orgId }) => orgId,
  )
  const delaySeconds = (place: number) =>
    Math.max(0, Math.ceil(((messages[place]?.nextAttemptAt ?? now) - now) / 1000))
  return enqueue(world, 'retry', messages, delaySeconds)
}
