// What a producer sends as an event: checked, while its call stays as it was sent.
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ownHostOf } from '../account/own-hosts.ts'
import type { EventInput, Refused } from '../delivery/accept.ts'
import { findFormRefusal } from '../delivery/send/refusal.ts'
import { AppError, cutText, invalidRequest } from '../errors.ts'
import { MAX_URL_LENGTH } from '../webhook/target.ts'
import { MAX_BODY_BYTES, strictly } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { presentError, toIssues } from './http/problem.ts'
import { EventType } from './http/schema.ts'
import { compact, listInside, type Inside } from './json/json-parts.ts'
import { refuseFlaws, StrictJsonError, tooDeep } from './json/strict-json.ts'

/**
 * Containers inside containers of a call, itself included. The body that a consumer gets is two levels
 * deeper, and PHP reads 512; SQLite, which stores the call, 1,000.
 */
const MAX_CALL_DEPTH = 500

/** The last second of the year 9999, the last that RFC 3339 can write. */
const MAX_UNIX_S = 253_402_300_799

/** The members of a call that are read here; each must be there once, to have one meaning. */
const READ_MEMBERS = ['id', 'webhook_url']

/** An event as it is sent. */
export const EventBody = z
  .strictObject({
    type: EventType,
    call: z
      .looseObject({
        id: z.guid('must be a UUID'),
        webhook_url: z
          .unknown()
          .optional()
          .openapi({
            type: ['string', 'null'],
            description:
              'Gets a delivery of its own; a URL that is refused stands among `skipped`.',
          }),
      })
      .openapi({
        description: `Passed on unchanged, unknown members included; at most ${MAX_CALL_DEPTH} levels deep.`,
      }),
    created: z
      .int()
      .min(0)
      .max(MAX_UNIX_S)
      .nullish()
      .openapi({ description: 'Unix seconds; now by default.' }),
  })
  .openapi('NewEvent')

/** Makes what is stored of an event that has passed the schema. @throws AppError `invalid_json`. */
export function toInput(
  c: Context<ApiEnv>,
  { type, call, created }: z.infer<typeof EventBody>,
  text: string,
): EventInput {
  const sent = listInside(text).find(({ step }) => step === 'call')
  if (!sent) throw new Error('the schema found a call, so its text is there')
  const members = strictly(() => readCall(sent))
  const url = members.find(({ step }) => step === 'webhook_url')
  return {
    type,
    callId: call.id,
    ...judgeUrl(c, call.webhook_url, url?.text ?? ''),
    created: created ?? undefined,
    call: compact(sent.text),
  }
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
    if (!parsed.success) throw invalidRequest(toIssues(parsed.error))
    return toInput(c, parsed.data, text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { refused: presentError(error) }
  }
}

/** The call's members; whatever the grammar allows is passed on, but for what has two meanings here. */
function readCall({ text, depth }: Inside): Inside[] {
  if (depth > MAX_CALL_DEPTH) throw tooDeep('call', MAX_CALL_DEPTH, ['call'])
  const members = listInside(text)
  for (const name of READ_MEMBERS) {
    const named = members.filter(({ step }) => step === name)
    if (named.length <= 1) continue
    throw new StrictJsonError('The member appears twice: send it once.', ['call', name])
  }
  return members
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
