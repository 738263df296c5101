// POST /v1/webhook_endpoints/{id}/check: what the endpoint's receiver gets wrong, by trying it.
import { createRoute, z } from '@hono/zod-openapi'
import { FINDINGS, PROBES } from '../delivery/attempt/findings.ts'
import { checkReceiver, type ReceiverCheck } from '../delivery/check-receiver.ts'
import { noBody } from './http/body.ts'
import { endpointIdOf, OneEndpoint } from './http/endpoint-ref.ts'
import { createRouter, type Router } from './http/router.ts'
import { count, json, problems } from './http/schema.ts'

const FindingSchema = z
  .object({
    code: z.enum(FINDINGS).openapi({
      description:
        '`reached`, `status`, `time`, `wrong_signature` and `old_timestamp` may be as they should be; each other one is what is in the way.',
      example: 'wrong_signature',
    }),
    ok: z.boolean().openapi({ description: 'It is as it should be.', example: false }),
    message: z.string().openapi({
      description: 'What was found, and what to do about it, for a person.',
      example:
        'It answers 200 to a webhook with a wrong signature: whoever knows the URL can send it what they like. Verify the signature before all else, and answer 401 where it does not fit.',
    }),
  })
  .openapi('Finding')

const RequestSchema = z
  .object({
    sent: z.enum(PROBES).openapi({
      description: 'A webhook as it should be, or one that is to be refused, and why.',
    }),
    status: z
      .int()
      .nullable()
      .openapi({ description: 'What was answered; null: nothing was.', example: 200 }),
    duration_ms: count('How long it took.', 84),
    error: z
      .string()
      .nullable()
      .openapi({ description: 'Why it would have failed as a webhook.', example: null }),
  })
  .openapi('CheckRequest')

/** What a check has found, as it is answered. */
export const CheckSchema = z
  .object({
    ok: z.boolean().openapi({ description: 'All that was found is as it should be.' }),
    findings: z.array(FindingSchema),
    requests: z.array(RequestSchema).openapi({ description: 'In the order in which they began.' }),
  })
  .openapi('EndpointCheck')

const checkRoute = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/check',
  operationId: 'checkEndpoint',
  summary: 'Check the receiver of an endpoint',
  description:
    'Sends a test event, marked `CallingBox-Test: true`, to the endpoint’s URL, be it enabled or not, and where that is accepted two more that a careful receiver refuses: one with a wrong signature, and one that was signed ten minutes ago. ' +
    'They are no deliveries: nothing is stored, retried or counted. Ten a minute for an endpoint.',
  middleware: [noBody()],
  request: { params: OneEndpoint },
  responses: { 200: json('What was found', CheckSchema), ...problems('unavailable') },
})

/** The route of checks. */
export function checkRoutes(): Router {
  const app = createRouter()
  app.openapi(checkRoute, async (c) => {
    const id = await endpointIdOf(c, c.req.valid('param'))
    return c.json(presentCheck(await checkReceiver(c.get('world'), c.get('orgId'), id)), 200)
  })
  return app
}

function presentCheck({ asked, findings }: ReceiverCheck): z.infer<typeof CheckSchema> {
  return {
    ok: findings.every(({ isOk }) => isOk),
    findings: findings.map(({ code, isOk, message }) => ({ code, ok: isOk, message })),
    requests: asked.map(({ probe, status, durationMs, error }) => ({
      sent: probe,
      status,
      duration_ms: durationMs,
      error,
    })),
  }
}
