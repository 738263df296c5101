// A delivery as JSON, with its attempts.
import { z } from '@hono/zod-openapi'
import { isTest } from '../db/ids.ts'
import { replayOf } from '../db/lifecycle/replay-outcomes.ts'
import type { DeliveryWithLog } from '../db/views/deliveries.ts'
import type { PublicDelivery, LinedUp } from '../db/words.ts'
import { readLog, SUPERSEDERS, type NumberedEntry } from '../delivery/attempt/log.ts'
import { ERROR_KINDS } from '../delivery/send/outcome.ts'
import { toCallId } from '../webhook/event-types.ts'
import { CallId, DeliveryId, EndpointId, Id, OrgId, ReplayId } from './http/ids.ts'
import { AnyEventType, count, DeliveryStatus, Instant, presentInstant, Url } from './http/schema.ts'
import { PayloadDeletedAt, presentForgotten } from './payload-shape.ts'

/** A delivery as it is answered. */
export const DeliverySchema = z
  .object({
    id: DeliveryId.openapi({
      description: 'What the consumer sees: the body’s `id`, and CallingBox-Event-Id.',
    }),
    org_id: OrgId,
    endpoint_id: EndpointId.nullable().openapi({ description: 'null: it goes to the call’s URL.' }),
    call_id: CallId.nullable().openapi({
      description: 'null: it is about the service itself, and not about a call.',
    }),
    event_type: AnyEventType,
    url: Url.openapi({ description: 'Where it goes: as it was when the delivery was made.' }),
    status: DeliveryStatus,
    attempt_count: count('Automatic attempts so far.', 1),
    manual_retry_count: count('Times it was redelivered by hand.', 0),
    next_attempt_at: Instant.openapi({
      description: 'When it is tried next; of what is over, when it was last due.',
      example: '2026-04-15T14:31:51Z',
    }),
    last_error: z.string().nullable().openapi({
      description: 'What the most recent failure was, however many attempts have succeeded since.',
      example: 'HTTP 500',
    }),
    last_error_at: Instant.nullable().openapi({
      description:
        'When that failure ended; null: there was none, or it is not known, as of those from before this was kept.',
      example: '2026-04-15T14:30:51Z',
    }),
    last_response_status: z.int().nullable().openapi({
      description: 'Of the most recent attempt; null when nothing answered.',
      example: 500,
    }),
    delivered_at: Instant.nullable().openapi({ description: 'The first success.', example: null }),
    created_at: Instant,
    updated_at: Instant.openapi({ example: '2026-04-15T14:30:51Z' }),
    replay_id: ReplayId.nullable().openapi({
      example: null,
      description:
        'The replay that made it, of an event which its endpoint had missed; null: it was made with its event.',
    }),
    payload_deleted_at: PayloadDeletedAt,
    waiting_for: DeliveryId.nullable().openapi({
      example: null,
      description:
        'The delivery that it is behind: the one before it of its call, as its endpoint has `ordering`. It goes once that one was delivered, is exhausted or was ended, and at `next_attempt_at` at the latest. null: it waits for none.',
    }),
    test: z.literal(true).optional().openapi({
      description:
        'true: a person has sent it to try the endpoint, and nothing happened to a call.',
    }),
  })
  .openapi('Delivery')

const Headers = z.record(z.string(), z.string())

const AttemptError = z
  .object({
    kind: z.enum(ERROR_KINDS).openapi('AttemptErrorKind', { example: 'http_status' }),
    message: z.string().openapi({ example: 'HTTP 500' }),
  })
  .openapi('AttemptError')

const AttemptResponse = z
  .object({ status: z.int(), headers: Headers, body: z.string() })
  .openapi('AttemptResponse', {
    description:
      'What came back, also when Cloudflare answered in the place of the receiver: the first ' +
      '4,096 bytes of the body as text, and 4,096 characters of headers but for those about the ' +
      'connection; one that came more than once has its values in lines.',
    example: { status: 500, headers: { 'content-type': 'text/plain' }, body: 'oops' },
  })

/** An attempt as a log has it. */
export const AttemptSchema = z
  .object({
    number: count('From 1, manual attempts included.', 1),
    id: Id.openapi({ example: '019a2f6e-7c24-7000-8000-5b1e2f3a4c66' }),
    trigger: z.enum(['automatic', 'manual']).openapi('AttemptTrigger'),
    requested_by: z.string().nullable().openapi({
      description:
        'Who asked for a manual attempt: the public id of an API key, dashboard:<public id>, portal:<link id>, replay:<id>, or admin.',
      example: null,
    }),
    replay_id: ReplayId.nullable().openapi({
      description: 'The replay that asked for it, if one did.',
      example: null,
    }),
    started_at: z.string().openapi({ format: 'date-time', example: '2026-04-15T14:30:51.123Z' }),
    duration_ms: count('Until the answer was there, or the attempt had failed.', 84),
    headers_ms: z.int().nullable().openapi({
      description: 'Until the response headers came.',
      example: 81,
    }),
    error: AttemptError.nullable().openapi({ description: 'null: it was a success.' }),
    request: z
      .object({ headers: Headers })
      .optional()
      .openapi({
        description: 'As sent, with shortened signatures; the body is the same each time.',
        example: { headers: { 'CallingBox-Attempt': '1' } },
      }),
    response: AttemptResponse.nullish(),
    superseded: z
      .enum(SUPERSEDERS)
      .optional()
      .openapi({
        description:
          'What had happened to the delivery before this attempt ended: a redelivery was asked for, ' +
          'its endpoint was deleted, it was discarded, its payload was deleted, or another attempt of the same version was recorded. Its answer ' +
          'is shown, but changed nothing. Absent when the attempt counted.',
      }),
    overtook: DeliveryId.optional().openapi({
      description:
        'The delivery before it of its call, for which this attempt waited no longer: `ordering_max_wait_seconds` were over. Absent where none was overtaken.',
    }),
  })
  .openapi('Attempt')

/** A delivery with its log, as it is answered. */
export const DeliveryDetail = DeliverySchema.extend({
  attempts: z.array(AttemptSchema).openapi({ description: 'Oldest first.' }),
}).openapi('DeliveryWithAttempts')

/** A delivery's members, as they are answered. */
export function presentDelivery(
  delivery: PublicDelivery & LinedUp,
): z.infer<typeof DeliverySchema> {
  return {
    id: delivery.id,
    org_id: delivery.orgId,
    endpoint_id: delivery.endpointId,
    call_id: toCallId(delivery.callId),
    // It passed the schema on its way in.
    event_type: delivery.eventType as z.infer<typeof AnyEventType>,
    url: delivery.url,
    status: delivery.status,
    attempt_count: delivery.attemptCount,
    manual_retry_count: delivery.manualRetryCount,
    next_attempt_at: presentInstant(delivery.nextAttemptAt),
    last_error: delivery.lastError,
    last_error_at: presentInstant(delivery.lastErrorAt),
    last_response_status: delivery.lastResponseStatus,
    delivered_at: presentInstant(delivery.deliveredAt),
    created_at: presentInstant(delivery.createdAt),
    updated_at: presentInstant(delivery.updatedAt),
    replay_id: delivery.replayId,
    ...presentForgotten(delivery),
    waiting_for: delivery.waitingFor,
    ...(isTest(delivery.id) && { test: true as const }),
  }
}

/** The same with its attempts, oldest first. */
export function presentWithAttempts(delivery: DeliveryWithLog): z.infer<typeof DeliveryDetail> {
  return { ...presentDelivery(delivery), attempts: readLog(delivery).map(presentAttempt) }
}

/** An attempt as it is answered. */
export function presentAttempt(attempt: NumberedEntry): z.infer<typeof AttemptSchema> {
  return { ...attempt, replay_id: replayOf(attempt.requested_by) ?? null }
}
