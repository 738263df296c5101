// /healthz: whether deliveries flow, for a monitor that has no key.
import { createRoute, z } from '@hono/zod-openapi'
import { readHealth, type Health as HealthRow } from '../db/figures/health.ts'
import { explainFault } from '../errors.ts'
import { createRouter, type Router } from './http/router.ts'
import { Instant, json, presentInstant } from './http/schema.ts'

/** A sweep runs each minute; so late, in ms, it does not run at all. */
const LATE_AFTER_MS = 5 * 60_000

/**
 * A secret that did not open shows for so many ms. Whatever waits for it is tried again within 15
 * minutes, the longest lease, so the fault shows until it is mended.
 */
const FAULT_SHOWN_MS = 20 * 60_000

/** Counting stops here: whoever has so many due needs no exact figure. */
const COUNT_LIMIT = 10_000

const Health = z
  .object({
    status: z.enum(['ok', 'sweep_late', 'undecryptable_secret', 'database_unreachable']),
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
    secrets_to_rewrap: z.int().nullable().openapi({
      description:
        'Signing secrets that still need an old encryption key: 0 when a rotation is over.',
    }),
    undecryptable_secret_at: Instant.nullable().openapi({
      description: 'When a signing secret last did not open. Its deliveries wait, unsent.',
    }),
  })
  .openapi('Health')

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether deliveries flow',
  responses: { 200: json('They do', Health), 503: json('They do not', Health) },
})

const UNKNOWN = {
  oldest_due_age_seconds: null,
  due_count: null,
  dead_letter_count: null,
  last_sweep_at: null,
  secrets_to_rewrap: null,
  undecryptable_secret_at: null,
}

/** The health route. */
export function healthRoutes(): Router {
  const app = createRouter()
  app.openapi(healthRoute, async (c) => {
    const { db, now, log, vault } = c.get('engine')
    try {
      const { currentKeyId } = vault
      const health = await readHealth(db, { now: now(), countLimit: COUNT_LIMIT, currentKeyId })
      const body = presentHealth(health, now())
      return c.json(body, body.status === 'ok' ? 200 : 503)
    } catch (error) {
      log({ event: 'health_check_failed', error: explainFault(error) })
      return c.json({ status: 'database_unreachable' as const, ...UNKNOWN }, 503)
    }
  })
  return app
}

function presentHealth(health: HealthRow, now: number): z.infer<typeof Health> {
  const { oldestDueAt, dueCount, deadLetterCount, sweptAt, undecryptableSecretAt } = health
  return {
    status: statusOf(health, now),
    oldest_due_age_seconds: oldestDueAt && Math.max(0, Math.floor((now - oldestDueAt) / 1000)),
    due_count: dueCount,
    dead_letter_count: deadLetterCount,
    last_sweep_at: presentInstant(sweptAt),
    secrets_to_rewrap: health.secretsToRewrap,
    undecryptable_secret_at: presentInstant(undecryptableSecretAt),
  }
}

/** Before its first sweep a new deployment is not late, unless something waits for it. */
function statusOf({ sweptAt, oldestDueAt, undecryptableSecretAt }: HealthRow, now: number) {
  const waitingSince = sweptAt ?? oldestDueAt
  if (waitingSince !== null && now - waitingSince > LATE_AFTER_MS) return 'sweep_late'
  const isFaultFresh = now - (undecryptableSecretAt ?? -Infinity) < FAULT_SHOWN_MS
  return isFaultFresh ? 'undecryptable_secret' : 'ok'
}
