// The body and the headers of one webhook request.

/** An event on its way to one destination; `call` is JSON text, `created` is in Unix seconds. */
export type WebhookEvent = {
  id: string
  type: string
  created: number
  apiVersion: string
  call: string
}

/**
 * The body: one line of JSON, put together as text, so that numbers, member order and escapes of the
 * call are the producer's (P3) and every attempt sends the same bytes (P2).
 */
export function composeBody({ id, type, created, apiVersion, call }: WebhookEvent): string {
  const head = JSON.stringify({ id, type, created, api_version: apiVersion })
  return `${head.slice(0, -1)},"data":{"call":${call}}}`
}

/** What the headers of one attempt are made of; `attempt` counts from 1, manual ones included. */
export type HeaderParts = {
  prefix: string
  id: string
  type: string
  callId: string
  timestampS: number
  signature: { callingbox: string; standard: string }
  attempt: number
  isManual: boolean
}

/** The published headers, the Standard Webhooks trio, and ours that tell attempts apart. */
export function composeHeaders(parts: HeaderParts): Record<string, string> {
  const { prefix, id, type, callId, timestampS, signature, attempt, isManual } = parts
  return {
    'Content-Type': 'application/json',
    // Common rule sets of firewalls refuse a request without it.
    Accept: '*/*',
    'User-Agent': `${prefix}-Webhooks/1.0`,
    [`${prefix}-Signature`]: signature.callingbox,
    [`${prefix}-Event-Id`]: id,
    [`${prefix}-Event-Type`]: type,
    [`X-${prefix}-Event`]: type,
    [`X-${prefix}-Call-Id`]: callId,
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signature.standard,
    [`${prefix}-Attempt`]: String(attempt),
    ...(isManual && { [`${prefix}-Redelivery`]: 'true' }),
  }
}
