// POST /v1/webhook_deliveries/discard: what is pending, and has gone stale, is ended.
import { createRoute, z } from '@hono/zod-openapi'
import { Reason } from '../account/schema.ts'
import { discard } from '../delivery/discard.ts'
import { planReplay } from '../delivery/replay/dry-run.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES, requireBody } from './http/body.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import { count, IdempotencyHeader, json, problems, REASON, requiredJson } from './http/schema.ts'
import { PlanSchema, presentPlan } from './replay-plan.ts'
import { FilterBody, toRangeFilter } from './replay-shape.ts'

const PENDING_HINT = 'must be "pending": nothing else can be discarded'

const DiscardStatus = z.literal('pending', PENDING_HINT).openapi('DiscardStatus')
const DiscardStatuses = z.array(DiscardStatus).min(1, PENDING_HINT).openapi('DiscardStatuses')

const DiscardBody = z
  .strictObject({
    filter: FilterBody.extend({
      status: z.union([DiscardStatus, DiscardStatuses], PENDING_HINT).nullish(),
    }).openapi('DiscardFilter', {
      example: { created_before: '2026-04-15T14:30:50Z' },
      description: 'Which deliveries; all that is given must match, and {} is all that is pending.',
    }),
    dry_run: z.boolean('must be true or false').nullish().openapi({
      description: 'True: what it would end is answered, as by a replay, and nothing is done.',
    }),
    reason: Reason.nullish().openapi({
      ...REASON,
      description: 'Why, for the audit log.',
    }),
  })
  .openapi('NewDiscard', {
    example: { filter: { created_before: '2026-04-15T14:30:50Z' }, reason: 'Gone stale' },
  })

const DiscardedSchema = z
  .object({
    dry_run: z.literal(false),
    discarded: count('How many this request has ended.', 1204),
    has_more: z.boolean().openapi({
      description:
        'True: there may be more, because there were too many, or some have changed meanwhile. Call again, ' +
        'with another Idempotency-Key.',
    }),
  })
  .openapi('Discarded')

const discardRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_deliveries/discard',
  operationId: 'discardDeliveries',
  summary: 'End what is pending',
  description:
    'Ends what is pending, held or not, as exhausted, "discarded": for what has gone stale. At most ten thousand a request, the oldest first. A redelivery sends it all the same.',
  middleware: [jsonBody(MAX_BODY_BYTES), requireBody()],
  request: { headers: IdempotencyHeader, body: requiredJson(DiscardBody) },
  responses: {
    200: json(
      'What was ended; or the plan, when it is a dry run',
      z.union([PlanSchema, DiscardedSchema]),
    ),
    ...problems(),
  },
})

/** A plan to send nothing, which takes no time. */
const SENDS_NOTHING = {
  ratePerSecond: Infinity,
  hasMissing: false,
  recipient: 'original',
  copiesTo: null,
  reason: null,
} as const

/** The route that discards. */
export function discardRoutes(): Router {
  const app = createRouter()
  app.openapi(discardRoute, async (c) => {
    const { filter: asked, dry_run: isDry, reason } = c.req.valid('json')
    const filter = { ...toRangeFilter(asked), statuses: ['pending'] as const }
    if (isDry) {
      const plan = await planReplay(c.get('world'), c.get('orgId'), { ...SENDS_NOTHING, filter })
      // Its warnings are about sending.
      return c.json(presentPlan({ ...plan, warnings: [] }), 200)
    }
    const idempotency = await readIdempotency(c)
    const request = { filter, reason: reason || undefined, idempotency }
    const once = await discard(c.get('world'), actorOf(c), request)
    const { discarded, hasMore } = answerOnce(c, once)
    return c.json({ dry_run: false as const, discarded, has_more: hasMore }, 200)
  })
  return app
}
