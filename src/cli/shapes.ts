// What the commands read of the service's answers; all else is passed on as it came.
import { z } from 'zod'

/** An endpoint. */
export const Endpoint = z.looseObject({
  id: z.string(),
  url: z.string(),
  status: z.string(),
  enabled_events: z.array(z.string()),
  description: z.string().nullable(),
  disabled_reason: z.string().nullable(),
  headers: z.record(z.string(), z.string()).nullish(),
  consecutive_failures: z.number(),
  filter: z.unknown().optional(),
  max_per_second: z.number().nullish(),
  ordering: z.string().nullish(),
  ordering_max_wait_seconds: z.number().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  external_id: z.string().nullish(),
  client_certificate: z.string().nullish(),
})

/** A delivery. */
export const Delivery = z.looseObject({
  id: z.string(),
  url: z.string(),
  status: z.string(),
  event_type: z.string(),
  call_id: z.string().nullable(),
  endpoint_id: z.string().nullable(),
  attempt_count: z.number(),
  manual_retry_count: z.number(),
  last_error: z.string().nullable(),
  last_response_status: z.number().nullable(),
  next_attempt_at: z.string(),
  waiting_for: z.string().nullish(),
  created_at: z.string(),
})

/** A delivery with its log. */
export const DeliveryDetail = Delivery.extend({
  attempts: z.array(
    z.looseObject({
      number: z.number(),
      trigger: z.string(),
      started_at: z.string(),
      duration_ms: z.number(),
      error: z.object({ kind: z.string(), message: z.string() }).nullable(),
      response: z.looseObject({ status: z.number(), body: z.string() }).nullish(),
      overtook: z.string().optional(),
    }),
  ),
})

/** An event, and where it went. */
export const Event = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.number(),
  call_id: z.string(),
  deliveries: z.array(z.looseObject({ id: z.string(), url: z.string() })),
  skipped: z.array(z.looseObject({ endpoint_id: z.string().nullable(), reason: z.string() })),
})

/** A replay, and how far it is. */
export const Replay = z.looseObject({
  // It is asked for by its id, which stands in a path.
  id: z.guid(),
  status: z.string(),
  total: z.number(),
  total_is_exact: z.boolean(),
  replayed: z.number(),
  delivered: z.number(),
  failed: z.number(),
  remaining: z.number(),
  held_endpoints: z.array(z.string()),
})

/** The members of a list, or of an answer. */
export type Of<Schema extends z.ZodType> = z.infer<Schema>
