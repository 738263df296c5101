// /healthz: whether deliveries flow, for a monitor that has no key; and the figures, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import { countOrgs } from '../db/account/orgs.ts'
import type { Database } from '../db/client.ts'
import { bytesIn } from '../db/size.ts'
import {
  FAULT_SHOWN_MS,
  readHealth,
  readPulse,
  SWEEP_LATE_AFTER_MS,
  type Health as HealthRow,
  type Pulse,
} from '../db/views/health.ts'
import { LEASE_MS } from '../delivery/lease.ts'
import { explainFault } from '../errors.ts'
import type { World } from '../world.ts'
import { isOperator } from './http/auth.ts'
import { createRouter, type Router } from './http/router.ts'
import { Instant, json, presentInstant, problems } from './http/schema.ts'

/** Counting stops here: whoever has so many due needs no exact figure. */
export const COUNT_LIMIT = 10_000

/** For so many ms an isolate tells everybody the same: nobody can make it ask the database more often. */
const STATUS_KEPT_MS = 5000

/** What of the world the status is read in. */
type StatusReader = Pick<World, 'log' | 'now' | 'store'>

/** What is wrong, the worst first. */
const WORST_FIRST = ['database_unreachable', 'sweep_late', 'undecryptable_secret'] as const

/** How a database, or the service, is. */
export const Status = z.enum([...WORST_FIRST, 'ok']).openapi('HealthStatus', { example: 'ok' })

const Figures = z
  .object({
    oldest_due_age_seconds: z.int().nullable().openapi({
      description: 'Age of the oldest delivery that is due and that nobody is on.',
    }),
    due_count: z
      .int()
      .nullable()
      .openapi({ description: `Counted up to ${COUNT_LIMIT}.` }),
    stop_count: z.int().nullable().openapi({
      description:
        'What the operator has stopped: organizations, hosts, or everything. Nothing of it is sent, or due.',
    }),
    dead_letter_count: z.int().nullable().openapi({
      description: 'Messages that a queue gave up on in the last 24 hours.',
    }),
    last_sweep_at: Instant.nullable().openapi({ description: 'To two minutes.' }),
    last_runs: z.record(z.string(), Instant).openapi({
      description:
        'When each recurring job last ran without a failure, by its name; one that never did is absent.',
    }),
    secrets_to_rewrap: z.int().nullable().openapi({
      description:
        'Signing secrets that still need an old encryption key: 0 when a rotation is over.',
    }),
    undecryptable_secret_at: Instant.nullable().openapi({
      description: 'When a signing secret last did not open. Its deliveries wait, unsent.',
    }),
  })
  .partial()

const Health = Figures.extend({
  status: Status,
  databases: z.record(z.string(), Status).optional().openapi({
    description: 'How each database is, by the name of its binding; absent where there is one.',
  }),
}).openapi('Health', {
  description: 'The figures are for the operator only.',
  example: { status: 'ok' },
})

/** What anybody is told. */
type Told = Pick<z.infer<typeof Health>, 'databases' | 'status'>

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  summary: 'Whether deliveries flow',
  description:
    'For a monitor, without a key; an answer is kept for five seconds. With the operator’s token it is asked anew, and has the figures.',
  security: [{}, { operatorToken: [] }],
  responses: {
    200: json('They do', Health),
    503: json('They do not', Health),
    ...problems(),
  },
})

/** The health route. */
export function healthRoutes(): Router {
  const app = createRouter()
  const tellStatus = createStatusTeller()
  app.openapi(healthRoute, async (c) => {
    const world = c.get('world')
    const body = (await isOperator(c)) ? await readFigures(world) : await tellStatus(world)
    return c.json(body, body.status === 'ok' ? 200 : 503)
  })
  return app
}

/** Makes what answers the status as it was at most STATUS_KEPT_MS ago, however often it is asked. */
function createStatusTeller() {
  let known: { told: Told; at: number } | undefined
  return async function tellStatus(world: StatusReader) {
    const now = world.now()
    if (known && now < known.at + STATUS_KEPT_MS) return known.told
    // While one request asks, the others are told what was known.
    if (known) known = { ...known, at: now }
    known = { told: await readStatus(world), at: now }
    return known.told
  }
}

async function readStatus(world: StatusReader): Promise<Told> {
  const now = world.now()
  const readings = await inEach(world, async (db) => ({
    status: statusOf(await readPulse(db, { now, leaseMs: LEASE_MS }), now),
  }))
  return describeAll(readings)
}

/** What of the world the figures are read in. */
type FiguresReader = StatusReader & Pick<World, 'vault'>

async function readFigures(world: FiguresReader): Promise<z.infer<typeof Health>> {
  const now = world.now()
  const readings = await inEach(world, (db) => readOne(world, db))
  const healths = readings.flatMap((one) => ('health' in one ? one.health : []))
  return { ...describeAll(readings), ...(healths.length > 0 && presentHealth(sumUp(healths), now)) }
}

async function readOne({ now, vault }: FiguresReader, db: Database) {
  const at = { now: now(), leaseMs: LEASE_MS }
  const { currentKeyId } = vault
  const health = await readHealth(db, { ...at, countLimit: COUNT_LIMIT, currentKeyId })
  return { status: statusOf(health, at.now), health }
}

/** A database's figures and its bytes; or that it does not answer. */
export type Measured = Reading & { health?: HealthRow; bytes?: number }

/** How each database is, in figures; in two round trips, all databases at once. */
export function measureEach(world: FiguresReader): Promise<Measured[]> {
  return inEach(world, async (db) => ({
    ...(await readOne(world, db)),
    bytes: await bytesIn(db),
  }))
}

type StatusName = z.infer<typeof Status>

/** A database: how it is, and unless it is out of reach how large, and how many orgs are at home in it. */
export type DatabaseState = Reading | (Reading & { bytes: number; orgCount: number })

/** How each database is, for the operator; in three round trips, all databases at once. */
export function readDatabases(world: StatusReader): Promise<DatabaseState[]> {
  const now = world.now()
  return inEach(world, async (db) => ({
    status: statusOf(await readPulse(db, { now, leaseMs: LEASE_MS }), now),
    bytes: await bytesIn(db),
    orgCount: await countOrgs(db),
  }))
}

/** What is told of a database. */
type Reading = { database: string; status: StatusName }

/** What one says of each database; of one that does not answer, that. */
function inEach<Said extends { status: StatusName }>(
  { log, store }: StatusReader,
  read: (db: Database) => Promise<Said>,
) {
  return Promise.all(
    store.all.map(async ({ name: database, db }) => {
      try {
        return { database, ...(await read(db)) }
      } catch (error) {
        log({ event: 'health_check_failed', database, error: explainFault(error) })
        return { database, status: 'database_unreachable' as const }
      }
    }),
  )
}

/** The worst of all, and where there are several, which is how. */
function describeAll(readings: Reading[]): Told {
  const isBad = (wanted: StatusName) => readings.some(({ status }) => status === wanted)
  const databases = Object.fromEntries(readings.map(({ database, status }) => [database, status]))
  return {
    status: WORST_FIRST.find(isBad) ?? 'ok',
    ...(readings.length > 1 && { databases }),
  }
}

/** Counts are added up, to as far as one would be counted; of instants it is the one that is worst. */
function sumUp(healths: HealthRow[]): HealthRow {
  const sum = (count: (one: HealthRow) => number) =>
    Math.min(
      COUNT_LIMIT,
      healths.reduce((total, one) => total + count(one), 0),
    )
  const instants = (read: (one: HealthRow) => number | null) =>
    healths.flatMap((one) => read(one) ?? [])
  const jobs = [...new Set(healths.flatMap(({ lastRuns }) => Object.keys(lastRuns)))]
  // A job that never ran in one of them has not run.
  const ranInAll = jobs.filter((job) => healths.every(({ lastRuns }) => job in lastRuns))
  const lastRun = (job: string) => Math.min(...instants(({ lastRuns }) => lastRuns[job] ?? null))
  const swept = instants(({ sweptAt }) => sweptAt)
  return {
    oldestDueAt: least(instants(({ oldestDueAt }) => oldestDueAt)),
    dueCount: sum(({ dueCount }) => dueCount),
    // A stop of a host, or of everything, is in each database.
    stopCount: Math.max(0, ...healths.map(({ stopCount }) => stopCount)),
    deadLetterCount: sum(({ deadLetterCount }) => deadLetterCount),
    sweptAt: swept.length < healths.length ? null : least(swept),
    secretsToRewrap: sum(({ secretsToRewrap }) => secretsToRewrap),
    undecryptableSecretAt: most(instants((one) => one.undecryptableSecretAt)),
    lastRuns: Object.fromEntries(ranInAll.map((job) => [job, lastRun(job)])),
  }
}

function least(some: number[]): number | null {
  return some.length > 0 ? Math.min(...some) : null
}

function most(some: number[]): number | null {
  return some.length > 0 ? Math.max(...some) : null
}

function presentHealth(health: HealthRow, now: number): z.infer<typeof Figures> {
  const { oldestDueAt, dueCount, deadLetterCount, sweptAt, undecryptableSecretAt } = health
  return {
    oldest_due_age_seconds: oldestDueAt && Math.max(0, Math.floor((now - oldestDueAt) / 1000)),
    due_count: dueCount,
    stop_count: health.stopCount,
    dead_letter_count: deadLetterCount,
    last_sweep_at: presentInstant(sweptAt),
    last_runs: presentRuns(health.lastRuns),
    secrets_to_rewrap: health.secretsToRewrap,
    undecryptable_secret_at: presentInstant(undecryptableSecretAt),
  }
}

function presentRuns(lastRuns: HealthRow['lastRuns']): Record<string, string> {
  const runs = Object.entries(lastRuns).map(([job, at]) => [job, presentInstant(at)])
  return Object.fromEntries(runs)
}

/** Before its first sweep a new deployment is not late, unless something waits for it. */
function statusOf({ sweptAt, oldestDueAt, undecryptableSecretAt }: Pulse, now: number): StatusName {
  const waitingSince = sweptAt ?? oldestDueAt
  if (waitingSince !== null && now - waitingSince > SWEEP_LATE_AFTER_MS) return 'sweep_late'
  const isFaultFresh = now - (undecryptableSecretAt ?? -Infinity) < FAULT_SHOWN_MS
  return isFaultFresh ? 'undecryptable_secret' : 'ok'
}
