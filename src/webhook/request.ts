// The body and the headers of one webhook request.
import { OPERATIONAL, toCallId } from './event-types.ts'
import type { HeaderLine } from './own-headers.ts'
import { continueTrace } from './trace-context.ts'

/**
 * An event on its way to one destination; `call` is JSON text, `created` is in Unix seconds. Of an operational event
 * `call` is all of its `data`.
 */
export type WebhookEvent = {
  id: string
  type: string
  created: number
  apiVersion: string
  callId: string | null
  call: string
}

/**
 * The body: one line of JSON, put together as text, so that numbers, member order and escapes of the
 * call are the producer's (P3) and every attempt sends the same bytes (P2).
 */
export function composeBody({ id, type, created, apiVersion, callId, call }: WebhookEvent): string {
  const head = JSON.stringify({ id, type, created, api_version: apiVersion })
  const data = callId === OPERATIONAL ? call : `{"call":${call}}`
  return `${head.slice(0, -1)},"data":${data}}`
}

/**
 * What the headers of one attempt are made of; `attempt` counts from 1, manual ones included. `isTest`: a person
 * tries the endpoint, and nothing has happened to any call. `trace` is what was kept of the one that the event was
 * sent in, if it was, with the attempt's own place in it.
 */
export type HeaderParts = {
  prefix: string
  id: string
  type: string
  callId: string
  timestampS: number
  signature: { callingbox: string; standard: string }
  attempt: number
  isManual: boolean
  isTest: boolean
  trace?: { kept: string; span: string } | undefined
  /** The endpoint's own, none of which has a name of ours. */
  own?: readonly HeaderLine[] | undefined
}

/** The published headers, the Standard Webhooks trio, ours that tell attempts apart, and the endpoint's own. */
export function composeHeaders(parts: HeaderParts): Record<string, string> {
  const { prefix, id, type, timestampS, signature, attempt, isManual, isTest, trace, own } = parts
  const callId = toCallId(parts.callId)
  return {
    'Content-Type': 'application/json',
    // Common rule sets of firewalls refuse a request without it.
    Accept: '*/*',
    'User-Agent': `${prefix}-Webhooks/1.0`,
    [`${prefix}-Signature`]: signature.callingbox,
    [`${prefix}-Event-Id`]: id,
    [`${prefix}-Event-Type`]: type,
    [`X-${prefix}-Event`]: type,
    ...(callId !== null && { [`X-${prefix}-Call-Id`]: callId }),
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signature.standard,
    [`${prefix}-Attempt`]: String(attempt),
    ...(isManual && { [`${prefix}-Redelivery`]: 'true' }),
    ...(isTest && { [`${prefix}-Test`]: 'true' }),
    ...(trace && continueTrace(trace.kept, trace.span)),
    ...(own && Object.fromEntries(own)),
  }
}
