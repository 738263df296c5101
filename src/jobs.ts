// What the cron does: each job with its period, its own failures and its own last run.
import { noteRun } from './db/upkeep/heartbeats.ts'
import { sweep } from './delivery/sweep.ts'
import { enforceRetention } from './delivery/upkeep/retention.ts'
import { rewrapSecrets } from './delivery/upkeep/rewrap.ts'
import { countDeliveries } from './delivery/upkeep/roll-up.ts'
import { explainFault } from './errors.ts'
import type { World } from './world.ts'

/** Something that is done again and again; it may stop anywhere, be run again, and overlap with itself. */
export type Job = {
  /** As the log and /healthz name it. */
  name: string
  /** Minutes between two runs. */
  periodMin: number
  /** @throws when any part of it failed; what has not failed is done. */
  run: (world: World) => Promise<unknown>
  /** It writes its last run by itself, with the rest of what it writes. */
  isSelfNoting?: boolean
}

/** In the order they are run: what deliveries wait for comes before what can wait. */
export const JOBS: readonly Job[] = [
  // Noted in its own transaction, so that one with nothing to do is one round trip that writes nothing.
  { name: 'sweep', periodMin: 1, run: sweep, isSelfNoting: true },
  { name: 'retention', periodMin: 5, run: enforceRetention },
  { name: 'rewrap', periodMin: 5, run: rewrapSecrets },
  { name: 'roll_up', periodMin: 5, run: countDeliveries },
]

/**
 * Runs the jobs that are due at a minute of the cron (Unix ms), one after the other. Never throws: one
 * that fails is logged, and stops no other; it is run again when its period is over.
 */
export async function runJobs(
  world: World,
  scheduledAt: number,
  jobs: readonly Job[] = JOBS,
): Promise<void> {
  const minute = Math.floor(scheduledAt / 60_000)
  for (const job of jobs) {
    if (minute % job.periodMin === 0) await runJob(world, job)
  }
}

async function runJob(world: World, { name, run, isSelfNoting }: Job): Promise<void> {
  const startedAt = world.now()
  const line = () => ({ job: name, duration_ms: world.now() - startedAt })
  try {
    await run(world)
    if (!isSelfNoting) await noteRun(world.store.shared, name, world.now())
    world.log({ event: 'job_done', ...line() })
  } catch (error) {
    world.log({ event: 'job_failed', ...line(), error: explainFault(error) })
  }
}
