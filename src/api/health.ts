// /healthz: whether deliveries flow, for a monitor that has no key; and the figures, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import {
  readHealth,
  readPulse,
  SWEEP_LATE_AFTER_MS,
  type Health as HealthRow,
  type Pulse,
} from '../db/views/health.ts'
import { explainFault } from '../errors.ts'
import type { World } from '../world.ts'
import { isOperator } from './http/auth.ts'
import { Problem } from './http/problem.ts'
import { createRouter, type Router } from './http/router.ts'
import { Instant, json, presentInstant } from './http/schema.ts'

/**
 * A secret that did not open shows for so many ms. Whatever waits for it is tried again within 15
 * minutes, the longest lease, so the fault shows until it is mended.
 */
const FAULT_SHOWN_MS = 20 * 60_000

/** Counting stops here: whoever has so many due needs no exact figure. */
const COUNT_LIMIT = 10_000

/** For so many ms an isolate tells everybody the same: nobody can make it ask the database more often. */
const STATUS_KEPT_MS = 5000

/** What of the world the status is read in. */
type StatusReader = Pick<World, 'log' | 'now' | 'store'>

const Status = z.enum(['ok', 'sweep_late', 'undecryptable_secret', 'database_unreachable'])

const Figures = z
  .object({
    oldest_due_age_seconds: z.int().nullable().openapi({
      description: 'Age of the oldest delivery that is due and that nobody is on.',
    }),
    due_count: z
      .int()
      .nullable()
      .openapi({ description: `Counted up to ${COUNT_LIMIT}.` }),
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

const Health = Figures.extend({ status: Status }).openapi('Health', {
  description: 'The figures are for the operator only.',
})

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether deliveries flow',
  security: [{}, { operatorToken: [] }],
  responses: {
    200: json('They do', Health),
    401: json('Error', Problem),
    429: json('Error', Problem),
    503: json('They do not', Health),
  },
})

/** The health route. */
export function healthRoutes(): Router {
  const app = createRouter()
  const tellStatus = createStatusTeller()
  app.openapi(healthRoute, async (c) => {
    const world = c.get('world')
    const body = (await isOperator(c))
      ? await readFigures(world)
      : { status: await tellStatus(world) }
    return c.json(body, body.status === 'ok' ? 200 : 503)
  })
  return app
}

/** Makes what answers the status as it was at most STATUS_KEPT_MS ago, however often it is asked. */
function createStatusTeller() {
  let known: { status: z.infer<typeof Status>; at: number } | undefined
  return async function tellStatus(world: StatusReader) {
    const now = world.now()
    if (known && now < known.at + STATUS_KEPT_MS) return known.status
    // While one request asks, the others are told what was known.
    if (known) known = { ...known, at: now }
    known = { status: await readStatus(world), at: now }
    return known.status
  }
}

async function readStatus(world: StatusReader): Promise<z.infer<typeof Status>> {
  const { store, now } = world
  try {
    return statusOf(await readPulse(store.shared, now()), now())
  } catch (error) {
    return explainUnreachable(world, error)
  }
}

async function readFigures(
  world: StatusReader & Pick<World, 'vault'>,
): Promise<z.infer<typeof Health>> {
  const { store, now, vault } = world
  try {
    const { currentKeyId } = vault
    const health = await readHealth(store.shared, {
      now: now(),
      countLimit: COUNT_LIMIT,
      currentKeyId,
    })
    return presentHealth(health, now())
  } catch (error) {
    return { status: explainUnreachable(world, error) }
  }
}

function explainUnreachable({ log }: Pick<World, 'log'>, error: unknown) {
  log({ event: 'health_check_failed', error: explainFault(error) })
  return 'database_unreachable' as const
}

function presentHealth(health: HealthRow, now: number): z.infer<typeof Health> {
  const { oldestDueAt, dueCount, deadLetterCount, sweptAt, undecryptableSecretAt } = health
  return {
    status: statusOf(health, now),
    oldest_due_age_seconds: oldestDueAt && Math.max(0, Math.floor((now - oldestDueAt) / 1000)),
    due_count: dueCount,
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
function statusOf({ sweptAt, oldestDueAt, undecryptableSecretAt }: Pulse, now: number) {
  const waitingSince = sweptAt ?? oldestDueAt
  if (waitingSince !== null && now - waitingSince > SWEEP_LATE_AFTER_MS) return 'sweep_late'
  const isFaultFresh = now - (undecryptableSecretAt ?? -Infinity) < FAULT_SHOWN_MS
  return isFaultFresh ? 'undecryptable_secret' : 'ok'
}
