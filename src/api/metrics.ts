// GET /admin/metrics: what flows and what it costs, as Prometheus reads it, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import { readCounts, type Numbers } from '../db/upkeep/counts.ts'
import { ERROR_KINDS } from '../delivery/send/outcome.ts'
import { explainFault } from '../errors.ts'
import { BOUNDS_S, boundOf, COUNTERS, DURATION, seriesOf, type Counter } from '../metrics.ts'
import { LANES, type World } from '../world.ts'
import { writeExposition, type Family, type Sample } from './exposition.ts'
import { COUNT_LIMIT, measureEach, type Measured } from './health.ts'
import { createRouter, type Router } from './http/router.ts'
import { problems } from './http/schema.ts'

/** As Prometheus asks for it, and Grafana, and whoever reads the format. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const EXAMPLE = `# HELP callingbox_events_accepted_total Events that were accepted.
# TYPE callingbox_events_accepted_total counter
callingbox_events_accepted_total 1042
`

const metricsRoute = createRoute({
  method: 'get',
  path: '/admin/metrics',
  operationId: 'getMetrics',
  summary: 'Metrics, in Prometheus’ text format',
  description:
    'Version 0.0.4 of it. What is counted may be half a minute old, and what an isolate that ended had not written is missing. A database that is out of reach is one whose `callingbox_database_up` is 0; what is not known is left out, and a comment says so.',
  responses: {
    200: {
      description: 'All of them',
      content: { 'text/plain': { schema: z.string().openapi({ example: EXAMPLE }) } },
    },
    ...problems(),
  },
})

/** The route of the metrics. */
export function metricsRoutes(): Router {
  const app = createRouter()
  app.openapi(metricsRoute, async (c) => {
    const text = await writeMetrics(c.get('world'))
    return c.text(text, 200, { 'Content-Type': CONTENT_TYPE })
  })
  return app
}

async function writeMetrics(world: Pick<World, 'log' | 'now' | 'store' | 'vault'>) {
  const now = world.now()
  const [measured, counted] = await Promise.all([
    measureEach(world),
    readCounts(world.store.catalog, now).catch((error: unknown) => {
      world.log({ event: 'metrics_failed', error: explainFault(error) })
      return undefined
    }),
  ])
  const families = [
    ...databaseFamilies(measured, now),
    ...(counted ? [...countedFamilies(counted.counts), depthFamily(counted.depths)] : []),
  ]
  return writeExposition(families, notesOn(counted))
}

const PROVIDERS =
  'Requests, CPU and memory of the Worker, and a queue’s depth while nothing is sent to it: only the provider has them.'

function notesOn(counted: { depths: Numbers } | undefined): string[] {
  if (!counted) return ['Nothing that was counted: the first database is out of reach.', PROVIDERS]
  // While nobody sends very much, nothing is in the bulk lane, which says so by silence.
  const silent = LANES.filter((lane) => lane !== 'bulk' && !(lane in counted.depths))
  return [
    ...silent.map((lane) => `The ${lane} queue has not said lately how many messages wait in it.`),
    PROVIDERS,
  ]
}

/** Of each database that says so: a value by its labels, or none. */
type Read = (health: NonNullable<Measured['health']>, now: number) => number | null

/** Gauges that a database has one of. Instants are in Unix seconds. */
const GAUGES: readonly [name: string, help: string, read: Read][] = [
  [
    'oldest_due_age_seconds',
    'Age of the oldest delivery that is due and nobody is on; 0 when there is none.',
    ({ oldestDueAt }, now) => inSeconds(Math.max(0, now - (oldestDueAt ?? now))),
  ],
  [
    'due_deliveries',
    `Deliveries that are due and nobody is on, counted up to ${COUNT_LIMIT}.`,
    ({ dueCount }) => dueCount,
  ],
  [
    'stops',
    `What the operator has stopped, orgs, hosts or everything, counted up to ${COUNT_LIMIT}: nothing of that is sent, or due.`,
    ({ stopCount }) => stopCount,
  ],
  [
    'dead_letters',
    `Messages that a queue gave up on in the last 24 hours, counted up to ${COUNT_LIMIT}.`,
    ({ deadLetterCount }) => deadLetterCount,
  ],
  [
    'sweep_age_seconds',
    'How long ago the last sweep was, to two minutes; absent before the first.',
    ({ sweptAt }, now) => (sweptAt === null ? null : inSeconds(Math.max(0, now - sweptAt))),
  ],
  [
    'secrets_to_rewrap',
    `Signing secrets that still need an old encryption key, counted up to ${COUNT_LIMIT}.`,
    ({ secretsToRewrap }) => secretsToRewrap,
  ],
  [
    'undecryptable_secret_timestamp_seconds',
    'When a signing secret last did not open; absent when none ever did not.',
    ({ undecryptableSecretAt: at }) => (at === null ? null : inSeconds(at)),
  ],
]

function databaseFamilies(measured: Measured[], now: number): Family[] {
  const gauge = (name: string, help: string, read: (one: Measured) => Sample[]): Family => ({
    name,
    type: 'gauge',
    help,
    samples: measured.flatMap((one) =>
      read(one).map(({ value, labels }) => ({
        value,
        labels: { database: one.database, ...labels },
      })),
    ),
  })
  return [
    gauge('database_up', '1 while it answers.', ({ health }) => [{ value: health ? 1 : 0 }]),
    gauge('database_bytes', 'How large it is; it takes 10 GB.', ({ bytes }) => valueOf(bytes)),
    gauge('job_last_run_timestamp_seconds', 'When a job last ran without a failure.', runsOf),
    ...GAUGES.map(([name, help, read]) =>
      gauge(name, help, ({ health }) => valueOf(health && read(health, now))),
    ),
  ]
}

function valueOf(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [{ value }]
}

function runsOf({ health }: Measured): Sample[] {
  const runs = Object.entries(health?.lastRuns ?? {})
  return runs.map(([job, at]) => ({ labels: { job }, value: inSeconds(at) }))
}

function inSeconds(ms: number): number {
  return ms / 1000
}

/** Series that are there before anything is counted: a rate over what begins at 1 has missed it. */
const FROM_ZERO: readonly string[] = [
  ...['success', ...ERROR_KINDS].map((outcome) => seriesOf('attempts_total', { outcome })),
  'events_accepted_total',
  'deliveries_accepted_total',
  'attempts_superseded_total',
  ...['attempt', 'deletion', 'discard', 'forget', 'given_up'].map((cause) =>
    seriesOf('delivery_transitions_total', { from: 'pending', to: 'exhausted', cause }),
  ),
  seriesOf('delivery_transitions_total', { from: 'pending', to: 'delivered', cause: 'attempt' }),
  seriesOf('endpoint_transitions_total', {
    from: 'enabled',
    to: 'disabled',
    cause: 'too_many_failures',
  }),
]

function countedFamilies(counts: Numbers): Family[] {
  const all: Numbers = { ...Object.fromEntries(FROM_ZERO.map((one) => [one, 0])), ...counts }
  // The names of its own keys.
  const names = Object.keys(COUNTERS) as Counter[]
  const counters = names.map((name): Family => ({
    name,
    type: 'counter',
    help: COUNTERS[name],
    samples: samplesOf(all, name),
  }))
  return [...counters, durationFamily(counts)]
}

/** A series is stored as its text, labels and all. */
function samplesOf(counts: Numbers, name: Counter): Sample[] {
  return Object.keys(counts)
    .filter((series) => series === name || series.startsWith(`${name}{`))
    .toSorted()
    .map((series) => ({ value: counts[series] ?? 0, suffix: series.slice(name.length) }))
}

function durationFamily(counts: Numbers): Family {
  const ended = BOUNDS_S.map((bound) => {
    const le = boundOf(bound)
    return { le, count: counts[seriesOf(DURATION.bucket, { le })] ?? 0 }
  })
  let sum = 0
  const buckets = ended.map(({ le, count }) => {
    sum += count
    return { value: sum, suffix: '_bucket', labels: { le } }
  })
  return {
    name: 'attempt_duration_seconds',
    type: 'histogram',
    help: 'How long attempts took, until they ended.',
    samples: [
      ...buckets,
      { value: inSeconds(counts[DURATION.sum] ?? 0), suffix: '_sum' },
      { value: sum, suffix: '_count' },
    ],
  }
}

function depthFamily(depths: Numbers): Family {
  return {
    name: 'queue_depth',
    type: 'gauge',
    help: 'Messages that wait in a lane’s queue, as it last said within ten minutes.',
    samples: Object.entries(depths).map(([lane, value]) => ({ value, labels: { lane } })),
  }
}
