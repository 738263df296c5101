// What operational events tell: the schema of each one's data, and when it happens.
import { z } from '@hono/zod-openapi'
import type { OperationalType } from '../../webhook/sample-data.ts'
import { ApiKeyId, CallId, DeliveryId, EndpointId, Id, OrgId, ReplayId } from '../http/ids.ts'
import { AnyEventType, count, Instant, Url } from '../http/schema.ts'

const Endpoint = z
  .object({
    id: EndpointId,
    url: Url,
    description: z.string().nullable().openapi({ example: 'Billing' }),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.string().nullable().openapi({ example: 'too_many_failures' }),
    disabled_at: Instant.nullable(),
    consecutive_failures: count('Exhausted deliveries in a row.', 10),
  })
  .openapi('ToldEndpoint')

const Exhausted = z
  .object({
    id: DeliveryId,
    event_type: AnyEventType,
    call_id: CallId.nullable(),
    url: Url,
    attempt_count: count('Automatic attempts.', 8),
    last_error: z.string().nullable().openapi({ example: 'HTTP 500' }),
    last_response_status: z.int().nullable().openapi({ example: 500 }),
  })
  .openapi('ExhaustedDelivery')

const Replay = z
  .object({
    id: ReplayId,
    status: z.enum(['completed', 'paused']),
    total: count('How many matched.', 400),
    replayed: count('Sent so far.', 400),
    delivered: count('Of those: taken.', 398),
    failed: count('Of those: not taken.', 2),
    reason: z.string().nullable().openapi({ example: 'The outage of Monday' }),
    created_by: z.string().openapi({ example: '8fK2mQxZ' }),
    created_at: Instant,
  })
  .openapi('ToldReplay')

const ofEndpoint = { org_id: OrgId, endpoint: Endpoint }
const since = Instant.openapi({ description: 'When it began to fail.' })
const ofReplay = z.object({ org_id: OrgId, replay: Replay })

/** The data of each type. */
export const OPERATIONAL_DATA: Record<OperationalType, z.ZodType> = {
  'endpoint.disabled': z.object(ofEndpoint),
  'endpoint.failing': z.object({ ...ofEndpoint, since }),
  'endpoint.recovered': z.object({ ...ofEndpoint, since }),
  'delivery.exhausted': z.object({
    org_id: OrgId,
    endpoint_id: EndpointId.nullable().openapi({ description: 'null: to the URLs of calls.' }),
    count: count('How many.', 1),
    deliveries: z.array(Exhausted).openapi({ description: 'The first ten of them.' }),
  }),
  'replay.completed': ofReplay,
  'replay.paused': ofReplay,
  'key.expiring': z.object({
    org_id: OrgId,
    api_key: z
      .object({
        id: ApiKeyId,
        public_id: z.string().openapi({ example: '8fK2mQxZ' }),
        name: z.string().openapi({ example: 'CI' }),
        expires_at: Instant,
      })
      .openapi('ExpiringKey'),
  }),
  'secret.undecryptable': z.object({
    org_id: OrgId,
    secret: z
      .object({
        id: Id.openapi({ example: '019a2f6e-2c31-7d4e-9a53-2b8f6c0d6c34' }),
        endpoint_id: EndpointId.nullable().openapi({ description: 'null: the org’s own.' }),
      })
      .openapi('UndecryptableSecret'),
  }),
}

/** When each happens, in a sentence. */
export const OPERATIONAL_OCCASIONS: Record<OperationalType, string> = {
  'endpoint.disabled': 'An endpoint was disabled, by the service or by a person.',
  'endpoint.failing': 'An endpoint has been unwell for a minute, and its last attempt failed.',
  'endpoint.recovered': 'An endpoint that was told to be failing is well again.',
  'delivery.exhausted':
    'Deliveries of an endpoint failed for good: one event each, or one for all where they are more than ten in a minute.',
  'replay.completed': 'A replay is through.',
  'replay.paused': 'A replay was paused by a person, or because all that it sends fails.',
  'key.expiring': 'An API key ends within a week.',
  'secret.undecryptable':
    'A signing secret, or an endpoint’s headers, do not open: what needs them waits. Told once a day.',
}
