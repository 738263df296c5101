// Verifies a webhook as its consumer would, with libraries that nobody here wrote.
import { Webhook } from 'standardwebhooks'
import { Stripe } from 'stripe'
import { vi } from 'vitest'
import type { Received } from '../receiver.ts'
import type { Json } from '../world.ts'

/** How far a consumer lets the timestamp drift, in seconds. */
const TOLERANCE_S = 300

const cryptoProvider = Stripe.createSubtleCryptoProvider()

/**
 * The body of a webhook that both families of libraries accept at the moment it was received.
 * Throws what they throw when one of them does not.
 */
export async function verify({ body, headers, at }: Received, secret: string): Promise<Json> {
  const signature = headers.get('CallingBox-Signature') ?? ''
  await Stripe.webhooks.constructEventAsync(
    body,
    signature,
    secret,
    TOLERANCE_S,
    cryptoProvider,
    at,
  )
  vi.useFakeTimers({ toFake: ['Date'], now: at })
  try {
    return new Webhook(secret).verify(body, Object.fromEntries(headers))
  } finally {
    vi.useRealTimers()
  }
}

/** Whether both libraries accept the webhook, or neither: anything between throws. */
export async function isSignedWith(received: Received, secret: string): Promise<boolean> {
  const signature = received.headers.get('CallingBox-Signature') ?? ''
  const stripe = Stripe.webhooks
    .constructEventAsync(received.body, signature, secret, TOLERANCE_S, cryptoProvider, received.at)
    .then(() => true)
    .catch(() => false)
  const both = verify(received, secret)
    .then(() => true)
    .catch(() => false)
  if ((await stripe) !== (await both)) throw new Error('the two schemes disagree')
  return both
}
