// The call object as it is published: what consumers find in `data.call`.
import { z } from '@hono/zod-openapi'

const CallStatus = z
  .enum([
    'queued',
    'initiated',
    'ringing',
    'in_progress',
    'completed',
    'no_answer',
    'busy',
    'canceled',
    'failed',
  ])
  .openapi('CallStatus')

const CallWebhookStatus = z
  .enum(['none', 'pending', 'delivered', 'failed'])
  .openapi('CallWebhookStatus')

const text = (example: string) => z.string().nullish().openapi({ example })
const instant = (example: string) => z.string().nullish().openapi({ format: 'date-time', example })
const count = (example: number) => z.int().nullish().openapi({ example })
const anything = (example: unknown) => z.unknown().openapi({ example })

/**
 * A call as its producer sent it. Only its id is sure to be there: a member may be absent or null, and there may be
 * others.
 */
export const Call = z
  .looseObject({
    id: z.guid().openapi({ format: 'uuid', example: '61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59' }),
    status: CallStatus.nullish(),
    direction: text('outbound'),
    to_number: text('+14155550100'),
    from_number: text('+14155550199'),
    prompt: text('Confirm the appointment on Tuesday at ten.'),
    context: anything({ appointment_id: 'apt_1042' }),
    returns: anything({ confirmed: 'boolean' }),
    language: text('en-US'),
    tools: z.array(z.looseObject({})).nullish().openapi({ example: [] }),
    metadata: z
      .looseObject({})
      .nullish()
      .openapi({ example: { language: 'en-US' } }),
    result: anything({ confirmed: true }),
    result_status: text('ok'),
    result_error: text('no_result'),
    error_code: text('carrier_error'),
    error_message: text('The carrier did not take the call.'),
    hangup_cause: text('NO_ANSWER'),
    duration_seconds: count(42).openapi({ description: 'In seconds.' }),
    billed_duration_seconds: count(60).openapi({ description: 'In seconds.' }),
    billing_amount_milli_cents: count(12_000).openapi({ description: 'In thousandths of a cent.' }),
    reservation_status: text('settled'),
    webhook_url: text('https://example.com/hooks'),
    webhook_status: CallWebhookStatus.nullish(),
    webhook_error: text('HTTP 500'),
    created_at: instant('2026-04-15T14:30:00Z'),
    started_at: instant('2026-04-15T14:30:02Z'),
    answered_at: instant('2026-04-15T14:30:08Z'),
    ended_at: instant('2026-04-15T14:30:50Z'),
    updated_at: instant('2026-04-15T14:30:50Z'),
  })
  .openapi('Call', {
    description:
      'The call as its producer sent it, byte by byte. Only `id` is sure to be there: any other member may be absent or null, and there may be members that this list does not name.',
  })
