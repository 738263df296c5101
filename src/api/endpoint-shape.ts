// An endpoint as JSON: as it is answered, as it is created, as it may be changed.
import { z } from '@hono/zod-openapi'
import type { NewEndpoint } from '../account/endpoints.ts'
import type { AskedChanges } from '../account/headers.ts'
import {
  Description,
  EnabledEvents,
  EndpointHeaders,
  EndpointMetadata,
  EndpointStatus,
  EXTERNAL_ID,
  ExternalId,
  MAX_DESCRIPTION,
  MAX_EXTERNAL_ID,
  MaxPerSecond,
  METADATA_LIMIT,
} from '../account/schema.ts'
import type { Endpoint } from '../db/account/endpoints.ts'
import { LISTEN_URL } from '../db/words.ts'
import type { Issue } from '../errors.ts'
import { readExactly } from '../filter/filter.ts'
import { ALL_TYPES, OPERATIONAL_TYPES } from '../webhook/event-types.ts'
import { HEADERS_LIMIT, readCovered } from '../webhook/own-headers.ts'
import { Filter } from './filter-shape.ts'
import { EndpointId, OrgId } from './http/ids.ts'
import { count, Instant, presentInstant, TargetUrl, Url, WITHOUT_NUL } from './http/schema.ts'
import { AskedOrder, Order, orderOf, presentOrder, toMaxWait, toOrder } from './ordering-shape.ts'
import { CERTIFICATE } from './org-shape.ts'

/** Whether webhooks are sent to an endpoint, or taken by whoever listens. */
const KINDS = ['url', 'listen'] as const

const Kind = z.enum(KINDS, 'must be "url" or "listen"').openapi('EndpointKind', {
  description:
    '`url`: its webhooks are sent to its URL. `listen`: nothing is sent anywhere, and whoever listens to its stream gets them; it is removed when nobody has for an hour.',
})

const Status = EndpointStatus.openapi('EndpointStatus')

const EnabledEvent = z.enum([...ALL_TYPES, '*']).openapi('EnabledEvent')

/** What no zod schema tells of a list: beside "*" no type about calls is named. */
const EVENTS = {
  minItems: 1,
  if: { not: { contains: { const: '*' } } },
  else: { items: { enum: ['*', ...OPERATIONAL_TYPES] } },
  description:
    'Event types. `*` stands for all about calls, and is the default; those about the service itself are got by who names them.',
  example: ['call.completed', 'call.failed'],
}

const AskedEvents = { ...EVENTS, items: { $ref: '#/components/schemas/EnabledEvent' } }

const SubscribedEvents = z.array(EnabledEvent).openapi(EVENTS)

/** How headers are shown in every answer, and taken in. */
const HEADERS = {
  type: ['object', 'null'] as ['object', 'null'],
  maxProperties: HEADERS_LIMIT.count,
  additionalProperties: { type: 'string' as const, minLength: 1, maxLength: HEADERS_LIMIT.bytes },
}

const AskedHeaders = {
  ...HEADERS,
  description: `Headers of its own, by their names: what is sent to the origin of its URL has them besides ours. At most ${HEADERS_LIMIT.count}, of ${HEADERS_LIMIT.bytes} bytes in all and ${HEADERS_LIMIT.name} characters a name; values are ASCII, without blanks around them. Names that the service sets itself, or that decide how a request is sent or who passed it on, are refused. They are stored encrypted, and never shown in full again.`,
  example: { Authorization: 'Bearer 3f2a9c…' },
}

const PACE = {
  description:
    'Requests a second that it takes at most, of whatever kind: fresh, retried, replayed, asked for by hand and tests; null: as many as there are. No second has more. What waits for its turn is pending, uses up no attempt, and what was never attempted goes first. About a tenth of the pace is left unused, so that a request that leaves late makes none too many.',
  example: 10,
}

const METADATA = {
  type: ['object', 'null'] as ['object', 'null'],
  maxProperties: METADATA_LIMIT.count,
  propertyNames: { minLength: 1, maxLength: METADATA_LIMIT.name, pattern: WITHOUT_NUL },
  additionalProperties: {
    type: 'string' as const,
    maxLength: METADATA_LIMIT.value,
    pattern: WITHOUT_NUL,
  },
  description: `Texts of your own by names of your own, for you alone: no receiver gets them. At most ${METADATA_LIMIT.count}, ${METADATA_LIMIT.name} characters a name and ${METADATA_LIMIT.value} a value, counted as Unicode code points, and ${METADATA_LIMIT.bytes} bytes in all as JSON; null: none.`,
  example: { customer: 'cus_8841', plan: 'gold' },
}

const NAMED = {
  type: ['string', 'null'] as ['string', 'null'],
  pattern: EXTERNAL_ID.source,
  maxLength: MAX_EXTERNAL_ID,
  description:
    'What it is called in a system of yours; null: nothing. Every route of an endpoint takes it in place of the `id`. No other endpoint of the organization has it, in the same upper and lower case, and it looks like no id of the service: no UUID, and nothing that begins with `we_`.',
  example: 'billing-eu',
}

/** An endpoint as every answer has it. */
export const EndpointSchema = z
  .object({
    id: EndpointId,
    external_id: z.string().nullable().openapi(NAMED),
    org_id: OrgId,
    kind: Kind,
    url: Url.openapi({ description: '`listen:` where nothing is sent to.' }),
    description: z.string().nullable().openapi({ example: 'Billing' }),
    enabled_events: SubscribedEvents,
    headers: z
      .record(z.string(), z.string())
      .nullable()
      .openapi({
        ...HEADERS,
        description:
          'Its own, by their names; null: none. Of a value `…` and its last four characters are shown, of one of fewer than 12 none. What is sent back so stays as it is.',
        example: { Authorization: '…9c41' },
      }),
    client_certificate: z
      .string()
      .nullable()
      .openapi({
        ...CERTIFICATE,
        example: null,
        description:
          'The client certificate that its receiver is shown; null: none. Whoever runs the service names it, and gives you what to check it by.',
      }),
    filter: Filter.nullable(),
    max_per_second: MaxPerSecond.openapi({ ...PACE, example: null }),
    metadata: z.record(z.string(), z.string()).nullable().openapi(METADATA),
    ...Order.shape,
    status: Status,
    disabled_reason: z.string().nullable().openapi({
      description:
        'Why it is disabled: `too_many_failures` when the service did it, `disabled_by_customer` when a person did.',
      example: null,
    }),
    disabled_at: Instant.nullable().openapi({ example: null }),
    consecutive_failures: count('Exhausted deliveries in a row; any success zeroes it.'),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('Endpoint')

const DESCRIPTION = {
  type: ['string', 'null'] as ['string', 'null'],
  example: 'Billing',
  maxLength: MAX_DESCRIPTION,
  pattern: WITHOUT_NUL,
  description: `At most ${MAX_DESCRIPTION} characters, counted as Unicode code points.`,
}

/** What a new endpoint is made of; null is the same as absent. */
export const CreateBody = z
  .strictObject({
    kind: Kind.nullish().openapi({ default: 'url' }),
    url: TargetUrl.nullish(),
    description: Description.optional().openapi(DESCRIPTION),
    enabled_events: EnabledEvents.nullish().openapi({ ...AskedEvents, type: ['array', 'null'] }),
    headers: EndpointHeaders.optional().openapi(AskedHeaders),
    filter: Filter.nullish(),
    max_per_second: MaxPerSecond.optional().openapi(PACE),
    metadata: EndpointMetadata.optional().openapi(METADATA),
    external_id: ExternalId.nullish().openapi(NAMED),
    ...AskedOrder.shape,
  })
  .superRefine(({ kind, url }, context) => {
    const message = kind === 'listen' ? 'does not go with kind "listen"' : 'is missing'
    const isRight = (kind === 'listen') === ((url ?? null) === null)
    if (!isRight) context.addIssue({ code: 'custom', path: ['url'], message })
  })
  .openapi('NewEndpoint', {
    description: 'It has a `url`, or the kind `listen` and none.',
    example: { url: 'https://example.com/hooks', description: 'Billing' },
  })

const unchanged = z
  .unknown()
  .optional()
  .openapi({ readOnly: true, description: 'May be sent back as it was answered.' })

const ReadOnly = z.strictObject({
  id: unchanged,
  org_id: unchanged,
  kind: unchanged,
  client_certificate: unchanged,
  disabled_reason: unchanged,
  disabled_at: unchanged,
  consecutive_failures: unchanged,
  created_at: unchanged,
  updated_at: unchanged,
})

const READ_ONLY = ReadOnly.keyof().options

/** What may be changed, and what may be sent along unchanged. */
export const PatchBody = ReadOnly.extend({
  url: TargetUrl.optional(),
  description: Description.optional().openapi(DESCRIPTION),
  enabled_events: EnabledEvents.optional().openapi({ ...AskedEvents, type: 'array' }),
  headers: EndpointHeaders.optional().openapi({
    ...AskedHeaders,
    description: `${AskedHeaders.description} What is given takes the place of all that it has; null: none. A value as it is shown stays as it is, but not with a URL of another scheme, host or port, which takes them anew, or null.`,
  }),
  filter: Filter.nullish(),
  max_per_second: MaxPerSecond.optional().openapi({
    ...PACE,
    description: `${PACE.description} Another pace holds from the next request on, also for what waits.`,
  }),
  metadata: EndpointMetadata.optional().openapi({
    ...METADATA,
    description: `${METADATA.description} What is given takes the place of all that is there, as with headers.`,
  }),
  external_id: ExternalId.nullish().openapi(NAMED),
  ...AskedOrder.shape,
  status: Status.optional().openapi({
    description: '`enabled` zeroes its count of failures, and lets what is pending go on.',
  }),
}).openapi('EndpointChanges', { example: { description: 'Billing', status: 'enabled' } })

/** A new endpoint with its defaults; its filter is the text that was sent. */
export function toWanted(
  body: z.infer<typeof CreateBody>,
  filter: string | null = null,
): NewEndpoint {
  return {
    filter,
    url: body.url ?? null,
    description: body.description ?? null,
    enabledEvents: body.enabled_events ?? ['*'],
    headers: body.headers,
    metadata: body.metadata,
    externalId: body.external_id,
    maxPerSecond: body.max_per_second,
    orderingMaxWait: toMaxWait(body),
  }
}

/** What a PATCH changes; its filter is the text that was sent. */
export function toChanges(
  body: z.infer<typeof PatchBody>,
  filter: string | null | undefined,
  current: Endpoint,
): AskedChanges {
  const { url, description, enabled_events: enabledEvents, status, headers, metadata } = body
  const { external_id: externalId, max_per_second: maxPerSecond } = body
  const order = toOrder(body, orderOf(current))
  const plain = { url, description, enabledEvents, filter, status, ...order }
  return { ...plain, headers, metadata, externalId, maxPerSecond }
}

/** The members of a PATCH that cannot be changed, and are not as they are answered at present. */
export function findReadOnlyChanges(body: z.infer<typeof PatchBody>, endpoint: Endpoint): Issue[] {
  const present = presentEndpoint(endpoint)
  const message = 'cannot be changed: leave it out, or send what GET answers now'
  return READ_ONLY.filter((name) => body[name] !== undefined && body[name] !== present[name]).map(
    (path) => ({ path, message }),
  )
}

/** The endpoint, without its secret. */
export function presentEndpoint(endpoint: Endpoint): z.infer<typeof EndpointSchema> {
  return {
    id: endpoint.id,
    external_id: endpoint.externalId,
    org_id: endpoint.orgId,
    kind: endpoint.url === LISTEN_URL ? 'listen' : 'url',
    url: endpoint.url,
    description: endpoint.description,
    // They passed the schema on their way in.
    enabled_events: endpoint.enabledEvents as z.infer<typeof EnabledEvent>[],
    headers: endpoint.headersShown && Object.fromEntries(endpoint.headersShown.map(readCovered)),
    client_certificate: endpoint.clientCertificate,
    filter: endpoint.filter === null ? null : readExactly(endpoint.filter),
    max_per_second: endpoint.maxPerSecond,
    metadata: endpoint.metadata,
    ...presentOrder(endpoint),
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    disabled_at: presentInstant(endpoint.disabledAt),
    consecutive_failures: endpoint.consecutiveFailures,
    created_at: presentInstant(endpoint.createdAt),
    updated_at: presentInstant(endpoint.updatedAt),
  }
}
