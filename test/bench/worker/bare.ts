// The bare runtime's ceiling: the same queue and the same signed POSTs, five at a time, and no database.
import { composeBody, composeHeaders } from '../../../src/webhook/request.ts'
import { importSigningKey, signWebhook, type SigningKey } from '../../../src/webhook/signature.ts'

/** What a bare message carries: all that a POST needs, which a real one would read from D1. */
export type BareMessage = { bare: string; url: string; secret: string; call: string }

/** Sends at a time to one queue, and POSTs at a time in one batch: what the service does. */
const MESSAGES_PER_CALL = 100
const CONCURRENT_SENDS = 5

/** True for a message that sendBare made. */
export function isBare(body: unknown): body is BareMessage {
  return typeof body === 'object' && body !== null && 'bare' in body
}

/** Puts so many messages into the queue. */
export async function sendBare(
  queue: Queue,
  { count, ...rest }: Omit<BareMessage, 'bare'> & { count: number },
): Promise<void> {
  for (let start = 0; start < count; start += MESSAGES_PER_CALL) {
    const size = Math.min(MESSAGES_PER_CALL, count - start)
    const messages = Array.from({ length: size }, (_, place) => ({
      body: { ...rest, bare: `bare-${start + place}` },
      contentType: 'json' as const,
    }))
    await queue.sendBatch(messages)
  }
}

/** Signs and POSTs each message's webhook. */
export async function bareConsume(messages: readonly Message[]): Promise<void> {
  const waiting = messages.values()
  const [first] = messages
  const key = isBare(first?.body) ? await importSigningKey(first.body.secret) : undefined
  const lane = async () => {
    for (const message of waiting) {
      if (isBare(message.body) && key) await post(message.body, key)
      message.ack()
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_SENDS }, lane))
}

async function post({ bare: id, url, call }: BareMessage, key: SigningKey): Promise<void> {
  const timestampS = Math.floor(Date.now() / 1000)
  const type = 'call.completed'
  const about = { id, type, callId: 'none' }
  const body = composeBody({ ...about, created: timestampS, apiVersion: '2026-04', call })
  const signature = await signWebhook({ id, timestampS, body, keys: [key] })
  const headers = composeHeaders({
    ...about,
    prefix: 'CallingBox',
    timestampS,
    signature,
    attempt: 1,
    isManual: false,
    isTest: false,
  })
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
  await response.text()
}
