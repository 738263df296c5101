// /healthz: whether deliveries flow, for a monitor that has no key.
import { createRoute, z } from '@hono/zod-openapi'
import { readHealth, type Health as HealthRow } from '../db/health.ts'
import { createRouter, type Router } from './router.ts'
import { Instant, json, presentInstant } from './schema.ts'

/** A sweep runs each minute; so late, in ms, it does not run at all. */
const LATE_AFTER_MS = 5 * 60_000

/** Counting stops here: whoever has so many due needs no exact figure. */
const COUNT_LIMIT = 10_000

const Health = z
  .object({
    status: z.enum(['ok', 'sweep_late', 'database_unreachable']),
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
}

/** The health route. */
export function healthRoutes(): Router {
  const app = createRouter()
  app.openapi(healthRoute, async (c) => {
    const { db, now, log } = c.get('engine')
    try {
      const health = await readHealth(db, now(), COUNT_LIMIT)
      const body = presentHealth(health, now())
      return c.json(body, body.status === 'ok' ? 200 : 503)
    } catch (error) {
      log({ event: 'health_check_failed', error: String(error) })
      return c.json({ status: 'database_unreachable' as const, ...UNKNOWN }, 503)
    }
  })
  return app
}

/** Before its first sweep a new deployment is not late, unless something waits for it. */
function presentHealth(health: HealthRow, now: number): z.infer<typeof Health> {
  const { oldestDueAt, dueCount, deadLetterCount, sweptAt } = health
  const waitingSince = sweptAt ?? oldestDueAt
  const isLate = waitingSince !== null && now - waitingSince > LATE_AFTER_MS
  return {
    status: isLate ? 'sweep_late' : 'ok',
    oldest_due_age_seconds: oldestDueAt && Math.max(0, Math.floor((now - oldestDueAt) / 1000)),
    due_count: dueCount,
    dead_letter_count: deadLetterCount,
    last_sweep_at: presentInstant(sweptAt),
  }
}
