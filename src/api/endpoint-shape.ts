// An endpoint as JSON: as it is answered, as it is created, as it may be changed.
import { z } from '@hono/zod-openapi'
import type { WantedEndpoint } from '../account/endpoints.ts'
import {
  Description,
  EnabledEvents,
  EndpointStatus,
  EndpointUrl,
  MAX_DESCRIPTION,
} from '../account/schema.ts'
import type { Endpoint, EndpointChanges } from '../db/account/endpoints.ts'
import type { Issue } from '../errors.ts'
import { Id, Instant, presentInstant } from './http/schema.ts'

/** An endpoint as every answer has it. */
export const EndpointSchema = z
  .object({
    id: Id,
    org_id: Id,
    url: z.string(),
    description: z.string().nullable(),
    enabled_events: z.array(z.string()),
    status: z.enum(['enabled', 'disabled']),
    disabled_reason: z.string().nullable(),
    disabled_at: Instant.nullable(),
    consecutive_failures: z.int().openapi({ description: 'Exhausted deliveries in a row.' }),
    created_at: Instant,
    updated_at: Instant,
  })
  .openapi('Endpoint')

const DESCRIPTION = {
  type: ['string', 'null'] as ['string', 'null'],
  maxLength: MAX_DESCRIPTION,
  description: `At most ${MAX_DESCRIPTION} characters, counted as Unicode code points.`,
}

const ENABLED_EVENTS = {
  type: 'array' as const,
  items: { type: 'string' as const },
  description: 'Event types, or ["*"] for all of them, which is the default.',
}

/** What a new endpoint is made of; null is the same as absent. */
export const CreateBody = z.strictObject({
  url: EndpointUrl,
  description: Description.optional().openapi(DESCRIPTION),
  enabled_events: EnabledEvents.nullish().openapi({ ...ENABLED_EVENTS, type: ['array', 'null'] }),
})

const unchanged = z
  .unknown()
  .optional()
  .openapi({ readOnly: true, description: 'May be sent back as it was answered.' })

const ReadOnly = z.strictObject({
  id: unchanged,
  org_id: unchanged,
  disabled_reason: unchanged,
  disabled_at: unchanged,
  consecutive_failures: unchanged,
  created_at: unchanged,
  updated_at: unchanged,
})

const READ_ONLY = ReadOnly.keyof().options

/** What may be changed, and what may be sent along unchanged. */
export const PatchBody = ReadOnly.extend({
  url: EndpointUrl.optional(),
  description: Description.optional().openapi(DESCRIPTION),
  enabled_events: EnabledEvents.optional().openapi(ENABLED_EVENTS),
  status: EndpointStatus.optional(),
})

/** A new endpoint with its defaults. */
export function toWanted(body: z.infer<typeof CreateBody>): WantedEndpoint {
  return {
    url: body.url,
    description: body.description ?? null,
    enabledEvents: body.enabled_events ?? ['*'],
  }
}

/** What a PATCH changes. */
export function toChanges(body: z.infer<typeof PatchBody>): EndpointChanges {
  const { url, description, enabled_events: enabledEvents, status } = body
  return { url, description, enabledEvents, status }
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
    org_id: endpoint.orgId,
    url: endpoint.url,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    disabled_at: presentInstant(endpoint.disabledAt),
    consecutive_failures: endpoint.consecutiveFailures,
    created_at: presentInstant(endpoint.createdAt),
    updated_at: presentInstant(endpoint.updatedAt),
  }
}
