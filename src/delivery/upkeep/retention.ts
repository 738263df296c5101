// Retention: what is past its time is pruned, a bounded part at a time, kind by kind.
import {
  pruneAuditLog,
  pruneDeadLetters,
  pruneDeliveries,
  pruneKeys,
  pruneLoneEvents,
  pruneReplays,
  pruneStats,
  pruneUsage,
  type Ages,
  type Pruning,
} from '../../db/lifecycle/retention.ts'
import { explainFault } from '../../errors.ts'
import type { Visited, World } from '../../world.ts'

/**
 * How much one run prunes of each kind: so many rows a round, so many rounds in all databases. With a run every five
 * minutes that is 3,500 rows a second, as many events as were accepted in batches at full speed on the
 * machine of the README; and 700 deliveries a second, each with its event, whose rounds are smaller. D1's
 * 10 GB hold some 4 million of these, which is 46 a second where they are kept for the least time, a day.
 * A round takes about a second of the 30 that D1 leaves a transaction. A run that has all to do makes 391
 * queries, each statement of a transaction counted; what comes before it 222; rewrapping, counting, judging quotas and
 * the jobs' own notes 206. D1 allows an invocation 1,000: what is left is for what is seldom there to be done.
 */
const BOUNDS = { roundSize: 25_000, rounds: 42 }

/** Rounds of what is seldom made, at most: 1,500 replays, and the days of 25,000 orgs. */
const FEW_ROUNDS: Readonly<Record<string, number>> = { replays: 3, usage: 1 }

const DAY_MS = 24 * 3600 * 1000

const KINDS: Record<string, Pruning> = {
  deliveries: pruneDeliveries,
  lone_events: pruneLoneEvents,
  idempotency_keys: pruneKeys,
  dead_letters: pruneDeadLetters,
  hourly_stats: pruneStats,
  usage: pruneUsage,
  audit_log: pruneAuditLog,
  replays: pruneReplays,
}

/**
 * Prunes what is older than configured, of each kind until nothing is left or the run's bound is reached:
 * finished deliveries with their events, never a pending one; and all that is kept for a time only.
 * A kind that fails leaves the others alone. Returns the number of deliveries pruned. It may stop
 * anywhere and be run again. @throws when a kind failed, naming it, after all were tried.
 */
export async function enforceRetention(
  world: Pick<World, 'config' | 'isolate' | 'log' | 'now'> & Visited,
  bounds = BOUNDS,
): Promise<number> {
  const now = world.now()
  const { retentionDays, auditRetentionDays } = world.config
  const before = now - retentionDays * DAY_MS
  const ages = { now, before, auditBefore: now - auditRetentionDays * DAY_MS }
  const pruned: Record<string, number> = {}
  const failed: string[] = []
  for (const [kind, pruning] of Object.entries(KINDS)) {
    const { count, isFailed } = await pruneKind(world, kind, pruning, ages, bounds)
    if (count > 0) pruned[kind] = count
    if (isFailed) failed.push(kind)
  }
  if (Object.keys(pruned).length > 0) world.log({ event: 'pruned', ...pruned })
  if (failed.length > 0) throw new Error(`not all could be pruned of: ${failed.join(', ')}`)
  return pruned['deliveries'] ?? 0
}

async function pruneKind(
  world: Pick<World, 'isolate' | 'log'> & Visited,
  kind: string,
  pruning: Pruning,
  ages: Ages,
  { roundSize, rounds }: typeof BOUNDS,
) {
  let count = 0
  const most = Math.min(rounds, FEW_ROUNDS[kind] ?? rounds) * world.share
  try {
    for (let round = 0; round < most; round += 1) {
      const pruned = await pruning(world.db, ages, roundSize)
      count += pruned
      if (pruned === 0) return { count, isFailed: false }
    }
    // The last round found some: nobody has looked whether there are more.
    world.isolate.meters.count('retention_bounds_reached_total', { kind })
  } catch (error) {
    world.log({ event: 'prune_failed', kind, error: explainFault(error) })
    return { count, isFailed: true }
  }
  return { count, isFailed: false }
}
