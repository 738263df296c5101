// Retention: what is finished and old enough is pruned, a bounded part at a time.
import { listPrunable, prune, pruneRest } from '../../db/engine/retention.ts'
import type { Engine } from '../engine.ts'

/** Deliveries pruned in one round. */
const ROUND_SIZE = 500

/** Rounds of one run: with a run every five minutes, 2.8 million deliveries a day. */
const MAX_ROUNDS = 20

const DAY_MS = 24 * 3600 * 1000

/**
 * Prunes what is older than the configured days: finished deliveries, then their events; never one
 * that is pending. Returns the number of deliveries pruned. It may stop anywhere and be run again.
 */
export async function enforceRetention(engine: Engine): Promise<number> {
  const now = engine.now()
  const before = now - engine.config.retentionDays * DAY_MS
  await pruneRest(engine.db, { now, before, limit: ROUND_SIZE })
  let pruned = 0
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const prunable = await listPrunable(engine.db, before, ROUND_SIZE)
    if (prunable.length > 0) await prune(engine.db, prunable, before)
    pruned += prunable.length
    if (prunable.length < ROUND_SIZE) break
  }
  if (pruned > 0) engine.log({ event: 'pruned', deliveries: pruned })
  return pruned
}
