// What the cron does: each job with its period, its own failures and its own last run.
import type { Home } from './db/places.ts'
import { noteRun } from './db/upkeep/heartbeats.ts'
import { startOverdue } from './delivery/replay/step.ts'
import { sweep } from './delivery/sweep.ts'
import { removeUnheardEndpoints } from './delivery/upkeep/listeners.ts'
import { tellWhatHappened } from './delivery/upkeep/notices.ts'
import { judgeQuotas } from './delivery/upkeep/quotas.ts'
import { enforceRetention } from './delivery/upkeep/retention.ts'
import { rewrapSecrets } from './delivery/upkeep/rewrap.ts'
import { countDeliveries } from './delivery/upkeep/roll-up.ts'
import { explainFault } from './errors.ts'
import { carryOnMoves } from './move/move.ts'
import { removeDeletedOrgs } from './move/remove.ts'
import type { Visited, World } from './world.ts'

/** Something that is done again and again; it may stop anywhere, be run again, and overlap with itself. */
export type Job = {
  /** As the log and /healthz name it. */
  name: string
  /** Minutes between two runs. */
  periodMin: number
  /** In one database. @throws when any part of it failed; what has not failed is done. */
  run: (world: World & Visited) => Promise<unknown>
  /** It writes its last run by itself, with the rest of what it writes. */
  isSelfNoting?: boolean
}

/** In the order they are run: what deliveries wait for comes before what can wait. */
export const JOBS: readonly Job[] = [
  // Noted in their own transactions, so that one with nothing to do is one round trip that writes nothing.
  { name: 'sweep', periodMin: 1, run: sweep, isSelfNoting: true },
  { name: 'replays', periodMin: 1, run: startOverdue, isSelfNoting: true },
  { name: 'retention', periodMin: 5, run: enforceRetention },
  { name: 'rewrap', periodMin: 5, run: rewrapSecrets },
  { name: 'listeners', periodMin: 5, run: removeUnheardEndpoints },
  { name: 'notices', periodMin: 5, run: tellWhatHappened },
  { name: 'roll_up', periodMin: 5, run: countDeliveries },
  // By what that has counted.
  { name: 'quotas', periodMin: 5, run: judgeQuotas },
  { name: 'deleted_orgs', periodMin: 5, run: removeDeletedOrgs },
]

/**
 * Moves of orgs from one database to another are no single one's. They are carried on in those minutes in
 * which only the sweep is due: they take the queries that the others would.
 */
const MOVES: Job = { name: 'moves', periodMin: 1, run: carryOnMoves, isSelfNoting: true }

/**
 * Runs the jobs that are due at a minute of the cron (Unix ms), in each database one after the other, and in
 * all databases at once. Never throws: one that fails is logged, and stops no other; it is run again when
 * its period is over.
 */
export async function runJobs(
  world: World,
  scheduledAt: number,
  jobs: readonly Job[] = JOBS,
): Promise<void> {
  const minute = Math.floor(scheduledAt / 60_000)
  const due = jobs.filter(({ periodMin }) => minute % periodMin === 0)
  const [first, ...others] = world.store.all
  await Promise.all(world.store.all.map((home) => visit(world, home, due)))
  const isQuiet = due.every(({ periodMin }) => periodMin === 1)
  if (first && others.length > 0 && isQuiet) await runJob(world, first, MOVES)
}

async function visit(world: World, home: Home, jobs: Job[]): Promise<void> {
  for (const job of jobs) await runJob(world, home, job)
}

async function runJob(
  world: World,
  { name: database, db }: Home,
  { name, run, isSelfNoting }: Job,
): Promise<void> {
  const startedAt = world.now()
  const line = () => ({ job: name, database, duration_ms: world.now() - startedAt })
  try {
    await run({ ...world, db, share: 1 / world.store.all.length })
    if (!isSelfNoting) await noteRun(db, name, world.now())
    world.log({ event: 'job_done', ...line() })
  } catch (error) {
    world.isolate.meters.count('jobs_failed_total', { job: name })
    world.log({ event: 'job_failed', ...line(), error: explainFault(error) })
  }
}
