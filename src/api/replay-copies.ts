// What a replay has sent to another URL, as JSON.
import { z } from '@hono/zod-openapi'
import type { Copy } from '../db/replays/copy-views.ts'
import { readLog } from '../delivery/attempt/log.ts'
import { AttemptSchema, presentAttempt } from './delivery-shape.ts'
import { DeliveryId, EndpointId } from './http/ids.ts'
import { Instant, presentInstant, Url } from './http/schema.ts'

/** A copy of a delivery, and what came of it. */
export const CopySchema = z
  .object({
    delivery_id: DeliveryId.openapi({
      description: 'Which delivery it is a copy of; a cursor of this list.',
    }),
    endpoint_id: EndpointId.nullable().openapi({
      description: 'Whose secrets signed it; null: the org’s.',
    }),
    url: Url,
    status: z.enum(['pending', 'delivered', 'failed']).openapi('CopyStatus', { example: 'failed' }),
    response_status: z.int().nullable().openapi({ example: 500 }),
    error: z.string().nullable().openapi({ example: 'HTTP 500' }),
    attempted_at: Instant.nullable(),
    attempt: AttemptSchema.nullable().openapi({
      description: 'The one attempt: null until it is over, and when it was never made.',
    }),
  })
  .openapi('Copy')

/** The copy as it is answered; `url` is where the replay sends them. */
export function presentCopy(copy: Copy, url: string): z.infer<typeof CopySchema> {
  const { id, eventType, callId, entry } = copy
  const attempts = entry === null ? '[]' : `[${entry}]`
  const [attempt = null] = readLog({ id, eventType: eventType ?? '', callId, attempts })
  return {
    delivery_id: id,
    endpoint_id: copy.endpointId || null,
    url,
    status: copy.status,
    response_status: copy.responseStatus,
    error: copy.error,
    attempted_at: attempt && presentInstant(Date.parse(attempt.started_at)),
    attempt: attempt && presentAttempt(attempt),
  }
}
