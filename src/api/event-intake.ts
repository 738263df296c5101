// What a producer sends as an event: checked, while its call stays as it was sent.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { CallId, listMembers, MAX_CALL_DEPTH } from '../account/call.ts'
import { ownHostOf } from '../account/own-hosts.ts'
import type { EventInput, Refused } from '../delivery/accept.ts'
import { findFormRefusal } from '../delivery/send/refusal.ts'
import { AppError, cutText, invalidRequest } from '../errors.ts'
import { MAX_URL_LENGTH } from '../webhook/target.ts'
import { readTrace } from '../webhook/trace-context.ts'
import { MAX_BODY_BYTES } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { presentError, toIssues } from './http/problem.ts'
import { EventType, IdempotencyHeader } from './http/schema.ts'
import { compact, listInside, type Inside } from '../json/json-parts.ts'
import { refuseFlaws, strictly } from '../json/strict-json.ts'

/** The last second of the year 9999, the last that RFC 3339 can write. */
const MAX_UNIX_S = 253_402_300_799

const CREATED_HINT = `must be Unix seconds, a whole number from 0 to ${MAX_UNIX_S}`

const A_CALL = '61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59'

/** A call as it is sent. */
export const CallBody = z
  .looseObject({
    id: CallId.openapi({ format: 'uuid', example: A_CALL }),
    webhook_url: z
      .unknown()
      .optional()
      .openapi({
        type: ['string', 'null'],
        maxLength: MAX_URL_LENGTH,
        description: 'Gets a delivery of its own; a URL that is refused stands among `skipped`.',
        example: 'https://example.com/hooks',
      }),
  })
  .openapi('NewCall', {
    description: `Passed on unchanged, unknown members included; at most ${MAX_CALL_DEPTH} levels deep.`,
    example: { id: A_CALL, status: 'completed', duration_seconds: 42, metadata: { order: 1042 } },
  })

/** An event as it is sent. */
export const EventBody = z
  .strictObject({
    type: EventType,
    call: CallBody,
    created: z
      .int(CREATED_HINT)
      .min(0, CREATED_HINT)
      .max(MAX_UNIX_S, `${CREATED_HINT}: are these milliseconds?`)
      .nullish()
      .openapi({ description: 'Unix seconds; now by default.', example: 1_776_263_450 }),
  })
  .openapi('NewEvent')

/** What else a producer says: the trace that it sends in, which webhooks go on. One that makes no sense is none. */
export const IntakeHeaders = IdempotencyHeader.extend({
  traceparent: z.string().optional().openapi({
    description:
      'W3C Trace Context: its webhooks carry the same trace, each attempt with a span of its own. One that is not valid is ignored.',
    example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }),
  tracestate: z.string().optional().openapi({
    description: 'Goes along with a valid `traceparent`, unchanged.',
    example: 'vendor=t61rcWkgMzE',
  }),
})

/** Makes what is stored of an event that has passed the schema. @throws AppError `invalid_json`. */
export function toInput(
  c: Context<ApiEnv>,
  { type, call, created }: z.infer<typeof EventBody>,
  text: string,
): EventInput {
  const sent = callIn(text)
  const members = strictly(() => listMembers(sent))
  const url = members.find(({ step }) => step === 'webhook_url')
  return {
    type,
    callId: call.id,
    ...judgeUrl(c, call.webhook_url, url?.text ?? ''),
    created: created ?? undefined,
    call: compact(sent.text),
    trace: readTrace(c.req.header('traceparent') ?? '', c.req.header('tracestate') ?? ''),
  }
}

/** The call of a body in which the schema has found one, as it was sent. */
export function callIn(text: string): Inside {
  const sent = listInside(text).find(({ step }) => step === 'call')
  if (!sent) throw new Error('the schema found a call, so its text is there')
  return sent
}

/** The same for one element of a batch, which is judged by itself: a bad one does not sink the others. */
export function toInputOrRefused(
  c: Context<ApiEnv>,
  event: unknown,
  text: string,
): EventInput | Refused {
  try {
    if (new TextEncoder().encode(text).length > MAX_BODY_BYTES) {
      const message = `The event is too large: at most ${MAX_BODY_BYTES / 1024} KB.`
      throw new AppError('payload_too_large', { message })
    }
    strictly(() => refuseFlaws(text, 'call'))
    const parsed = EventBody.safeParse(event)
    if (!parsed.success) throw invalidRequest(toIssues(parsed.error, event))
    return toInput(c, parsed.data, text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { refused: presentError(error) }
  }
}

/** Whoever placed the call chose its URL: a bad one costs the event's other destinations nothing. */
function judgeUrl(c: Context<ApiEnv>, url: unknown, text: string) {
  if (url === undefined || url === null || url === '') return { webhookUrl: null }
  const message =
    typeof url === 'string'
      ? findFormRefusal(c.get('world'), url, [ownHostOf(c.req.url)])
      : 'The URL must be a string.'
  if (typeof url === 'string' && message === undefined) return { webhookUrl: url }
  const given = cutText(typeof url === 'string' ? url : compact(text), MAX_URL_LENGTH)
  return { webhookUrl: null, refusedUrl: { url: given, message: message ?? '' } }
}
