// The pieces of schema that several routes share.
import { z, type RouteConfig } from '@hono/zod-openapi'
import { EventTypeName, OverlapSeconds } from '../../account/schema.ts'
import { DEFAULT_LIMIT, MAX_LIMIT, type Page } from '../../db/page.ts'
import { invalidRequest } from '../../errors.ts'
import { Problem } from './problem.ts'

/** A UUID of any version, in lower case from here on. */
export const Id = z
  .guid('must be a UUID')
  .toLowerCase()
  .openapi({ format: 'uuid', example: '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001' })

/** A path with one id. */
export const IdParams = z.object({ id: Id.openapi({ param: { name: 'id', in: 'path' } }) })

/** An event type of the closed list. */
export const EventType = EventTypeName.openapi('EventType')

/** RFC 3339 in UTC, to the second. */
export const Instant = z.string().openapi({ format: 'date-time', example: '2026-04-15T14:30:50Z' })

/** Which page of a list, newest first. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d+$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, `must be from 1 to ${MAX_LIMIT}`)
    .default(DEFAULT_LIMIT)
    .openapi({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  starting_after: Id.optional().openapi({
    description: 'Any id: the page has what is older, such as the last id of the page before.',
  }),
  ending_before: Id.optional().openapi({
    description: 'Any id: the page has what is just newer. Not together with starting_after.',
  }),
})

/** The page as the store takes it. @throws AppError `invalid_request` when there are two cursors. */
export function toPage({ limit, starting_after, ending_before }: z.infer<typeof PageQuery>): Page {
  if (starting_after !== undefined && ending_before !== undefined) {
    const message = 'must not stand beside starting_after: a page lies on one side of one cursor'
    throw invalidRequest([{ path: 'ending_before', message }])
  }
  return { limit, startingAfter: starting_after, endingBefore: ending_before }
}

/** A page's answer. */
export function pageOf<Schema extends z.ZodType>(schema: Schema) {
  return z.object({ data: z.array(schema), has_more: z.boolean() })
}

/** How a signing secret is to be replaced. */
export const RotateBody = z.strictObject({
  overlap_seconds: OverlapSeconds.optional().openapi({
    default: 0,
    description:
      'How long the secret before it goes on signing, beside the new one; 0 ends all others at once.',
  }),
})

/** Idempotency-Key, for the routes that act once. */
export const IdempotencyHeader = z.object({
  'idempotency-key': z.string().optional().openapi({
    description:
      '1 to 255 printable ASCII characters without spaces. The same key and request act once and are answered the same, for 24 h.',
  }),
})

const REPLAYED = {
  'Idempotent-Replayed': {
    schema: { type: 'string' as const },
    description: '"true" when this is an earlier answer, given again for its Idempotency-Key.',
  },
}

/** What RFC 3339 can write, in Unix ms: the years 0 to 9999. */
const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00Z')
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59Z')

/** An instant in Unix ms as the API writes it, or null; one out of range as the nearest that can be written. */
export function presentInstant(at: number): string
export function presentInstant(at: number | null): string | null
export function presentInstant(at: number | null): string | null {
  if (at === null) return null
  const written = new Date(Math.min(Math.max(at, FIRST_INSTANT), LAST_INSTANT))
  return `${written.toISOString().slice(0, 19)}Z`
}

/** A JSON answer of a documented shape. */
export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } } as const
}

/** The same for what acts once: given again for an Idempotency-Key, it says so. */
export function jsonOnce<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { ...json(description, schema), headers: REPLAYED } as const
}

/** The error answers of a route, beside those that every route has. */
export function problems(...statuses: (404 | 409)[]): RouteConfig['responses'] {
  const all = [400, 401, ...statuses, 429, 500, 503]
  return Object.fromEntries(all.map((status) => [status, json('Error', Problem)]))
}

/** A JSON body that may be left out. */
export function optionalJson<Schema extends z.ZodType>(schema: Schema) {
  return { content: { 'application/json': { schema } } } as const
}

/** A JSON body that must be there. */
export function requiredJson<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const
}
