// What an isolate has counted is written down: for /admin/metrics, and for Analytics Engine.
import { newId } from '../../db/ids.ts'
import { noteCounts } from '../../db/upkeep/counts.ts'
import { explainFault } from '../../errors.ts'
import { DURATION, seriesOf, type Counter, type Taken } from '../../metrics.ts'
import type { World } from '../../world.ts'

/** So often, in ms: what an isolate that ends has not written is missing. */
const WRITE_EVERY_MS = 30_000

/**
 * Writes down what was counted since the last time, if it is time to: one row and one data point, whatever it
 * was. Any invocation of the isolate does, whichever is the next to end. What a minute costs in which nothing was
 * to be done waits for the next in which there was. Never throws.
 */
export async function writeCounts(
  world: Pick<World, 'isolate' | 'log' | 'now' | 'store' | 'writePoint'>,
): Promise<void> {
  const { meters } = world.isolate
  const now = world.now()
  if (!meters.hasNews || now < meters.takenAt + WRITE_EVERY_MS) return
  const taken = meters.take(now)
  world.writePoint?.(toPoint(taken))
  await noteCounts(world.store.catalog, newId(now), taken).catch((error: unknown) => {
    world.log({ event: 'counts_lost', error: explainFault(error) })
  })
}

/** What a data point has, double by double: `double1` is the first. Their order never changes. */
const DOUBLES: readonly ((taken: Taken) => number)[] = [
  sumOf('events_accepted_total'),
  sumOf('deliveries_accepted_total'),
  ...[
    'success',
    'timeout',
    'dns',
    'tls',
    'connection',
    'refused_target',
    'redirect',
    'http_status',
  ].map((outcome) => sumOf('attempts_total', `outcome="${outcome}"`)),
  sumOf('attempts_superseded_total'),
  sumOf('delivery_transitions_total', 'to="delivered"'),
  sumOf('delivery_transitions_total', 'to="exhausted"'),
  ({ counts }) => counts[DURATION.sum] ?? 0,
  sumOf('d1_round_trips_total'),
  sumOf('d1_rows_read_total'),
  sumOf('d1_rows_written_total'),
  ({ depths }) => depths['fresh'] ?? 0,
  ({ depths }) => depths['retry'] ?? 0,
  sumOf('jobs_failed_total'),
]

/** One data point for all of it: they are billed by number. */
function toPoint(taken: Taken): AnalyticsEngineDataPoint {
  return { indexes: ['isolate'], doubles: DOUBLES.map((read) => read(taken)) }
}

/** Over all series of a counter that have a label, if one is given. */
function sumOf(name: Counter, label = ''): (taken: Taken) => number {
  return ({ counts }) =>
    Object.entries(counts)
      .filter(([series]) => isOf(series, name) && series.includes(label))
      .reduce((sum, [, count]) => sum + count, 0)
}

function isOf(series: string, name: Counter): boolean {
  return series === seriesOf(name) || series.startsWith(`${name}{`)
}
