// The pieces of schema that several routes share.
import { z, type RouteConfig } from '@hono/zod-openapi'
import {
  AnyTypeName,
  EndpointUrl,
  EventTypeName,
  MAX_REASON,
  OverlapSeconds,
} from '../../account/schema.ts'
import { DEFAULT_LIMIT, MAX_LIMIT, type Page, type Paged } from '../../db/page.ts'
import { RECIPIENTS, STATUSES } from '../../db/words.ts'
import { describeCode, invalidRequest, type ErrorCode } from '../../errors.ts'
import { OPERATIONAL } from '../../webhook/event-types.ts'
import { MAX_URL_LENGTH } from '../../webhook/target.ts'
import { Id } from './ids.ts'
import { QueriedInstant } from './instant.ts'

/** An event type of the closed list. */
export const EventType = EventTypeName.openapi('EventType', { example: 'call.completed' })

/** An event type, be it about a call or about the service itself. */
export const AnyEventType = AnyTypeName.openapi('AnyEventType', {
  example: 'call.completed',
  description:
    'About a call; or about the service itself, which is told to who asks for it by name.',
})

/** What lists show only where it is asked for. */
export const EventKind = z.literal(OPERATIONAL, 'must be "operational"').openapi('EventKind', {
  description: '`operational`: those about the service itself, and no others.',
})

/** What a delivery can be. */
export const DeliveryStatus = z
  .enum(STATUSES, `must be one of ${STATUSES.join(', ')}`)
  .openapi('DeliveryStatus', {
    description: 'exhausted: it failed, and is not tried again by itself.',
  })

/** To the URL that a delivery was made with, or to its endpoint's as it is now. */
export const Recipient = z
  .enum(RECIPIENTS, `must be one of ${RECIPIENTS.join(', ')}`)
  .openapi('Recipient')

const A_URL = 'https://example.com/hooks'

/** Where webhooks shall go; what else is asked of it no schema can say. */
export const TargetUrl = EndpointUrl.openapi({
  format: 'uri',
  pattern: '^https://',
  maxLength: MAX_URL_LENGTH,
  description:
    'An https URL with a public DNS name, without user name, password or fragment, on port 443 or another HTTPS port from 1024 on.',
  example: A_URL,
})

/** A URL as it was given. */
export const Url = z.string().openapi({ example: A_URL })

/** Text that has no U+0000 in it, as a pattern. */
export const WITHOUT_NUL = String.raw`^[^\x00]*$`

/** What no zod schema tells of a reason. */
export const REASON = {
  maxLength: MAX_REASON,
  pattern: WITHOUT_NUL,
  example: 'The outage of Monday',
}

/** A whole number, and what it counts. */
export function count(description: string, example = 0) {
  return z.int().openapi({ description, example })
}

/** RFC 3339 in UTC, to the second. */
export const Instant = z.string().openapi({ format: 'date-time', example: '2026-04-15T14:30:50Z' })

/** No thing's in particular. */
const CURSOR = '019a2f6e-8d50-7d4e-9a53-2b8f6c0d8e55'

/** How many a page has at most, and where nobody says. */
export function limitBy(usual: number) {
  return z
    .string()
    .regex(/^\d+$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_LIMIT, `must be from 1 to ${MAX_LIMIT}`)
    .default(usual)
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      default: usual,
      description: 'How many the page has at most.',
    })
}

/** Which page of a list, newest first. */
export const PageQuery = z.object({
  limit: limitBy(DEFAULT_LIMIT),
  starting_after: Id.optional().openapi({
    description: 'Any id: the page has what is older, such as the last id of the page before.',
    example: CURSOR,
  }),
  ending_before: Id.optional().openapi({
    description: 'Any id: the page has what is just newer. Not together with starting_after.',
    example: CURSOR,
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

/** What a list may be narrowed down to in time. */
export const TimeQuery = z.object({
  created_after: QueriedInstant.optional().openapi({
    description: 'Created at this instant or later: RFC 3339, with any offset.',
  }),
  created_before: QueriedInstant.optional().openapi({ description: 'Created before it.' }),
})

/** The time as the store takes it, in Unix ms. @throws AppError `invalid_request` when it ends before it begins. */
export function toTime({ created_after, created_before }: z.infer<typeof TimeQuery>, within = '') {
  if (created_after !== undefined && created_before !== undefined) {
    const message = 'must not be before created_after'
    const path = `${within}created_before`
    if (created_before < created_after) throw invalidRequest([{ path, message }])
  }
  return { createdFrom: created_after, createdBefore: created_before }
}

/** A page's answer. */
export function pageOf<Schema extends z.ZodType>(schema: Schema) {
  return z.object({
    data: z.array(schema),
    has_more: z.boolean().openapi({ description: 'Whether there are more, on that side.' }),
  })
}

/** The answer of a list whose pages may be short, because no index knows what is looked for. */
export function cutPageOf<Schema extends z.ZodType>(schema: Schema) {
  const cursor = Id.nullable().openapi({ example: null })
  return pageOf(schema).extend({
    next_starting_after: cursor.openapi({
      description:
        'Where the next page begins, for starting_after; null at the end, and behind ending_before. ' +
        'A page may be short, or empty, and has_more true all the same: it reads a thousand rows at most.',
    }),
    next_ending_before: cursor.openapi({ description: 'The same for ending_before.' }),
  })
}

/** The members of such an answer beside its `data`. */
export function presentNext({ hasMore, next }: Omit<Paged<unknown>, 'rows'>, page: Page) {
  const isBack = page.endingBefore !== undefined
  return {
    has_more: hasMore,
    next_starting_after: isBack || next === undefined ? null : next,
    next_ending_before: isBack && next !== undefined ? next : null,
  }
}

/** How a signing secret is to be replaced. */
export const RotateBody = z
  .strictObject({
    overlap_seconds: OverlapSeconds.optional().openapi({
      default: 0,
      example: 86_400,
      description:
        'How long the secret before it goes on signing, beside the new one; 0 ends all others at once.',
    }),
  })
  .openapi('SecretRotation')

/** A signing secret in full. */
export const SigningSecret = z.string().openapi({
  pattern: '^whsec_[0-9a-f]{32,}$',
  description: 'Signs what is sent. It is shown this once: keep it where your other secrets are.',
  example: 'whsec_0123456789abcdef0123456789abcdef',
})

/** Printable ASCII, as HTTP header values go without surprises. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/** Idempotency-Key, for the routes that act once. */
export const IdempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .regex(IDEMPOTENCY_KEY, 'must be 1 to 255 printable ASCII characters without spaces')
    .optional()
    .openapi({
      minLength: 1,
      maxLength: 255,
      example: '2f1c7c1e-order-1042',
      description:
        'Any text of your own, in printable ASCII without spaces. The same key and request act once and are answered the same, for 24 h; a request that changed nothing is not remembered.',
    }),
})

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

/** The errors that are a route's own, by code; the document adds those that its shape brings along. */
export function problems(...codes: ErrorCode[]): RouteConfig['responses'] {
  const byStatus = Map.groupBy(codes, (code) => describeCode(code).status)
  const answers = [...byStatus].map(([status, own]) => [
    status,
    { description: 'Error', 'x-codes': own },
  ])
  return Object.fromEntries(answers)
}

/** A JSON body that may be left out. */
export function optionalJson<Schema extends z.ZodType>(schema: Schema) {
  return { content: { 'application/json': { schema } } } as const
}

/** A JSON body that must be there. */
export function requiredJson<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const
}

/** The call that is asked for, or what stands for none. @throws AppError `invalid_request` for both. */
export function toCall(
  {
    kind,
    call_id: callId,
  }: { kind?: string | null | undefined; call_id?: string | null | undefined },
  path = 'call_id',
): string | undefined {
  const isBoth = (kind ?? null) !== null && (callId ?? null) !== null
  if (isBoth)
    throw invalidRequest([
      { path, message: 'does not go with kind: such events are about no call' },
    ])
  return kind ?? callId ?? undefined
}
