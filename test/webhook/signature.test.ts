// Signing webhooks: published vectors, and verification by two libraries that nobody here wrote.

import { Webhook } from 'standardwebhooks'
import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import {
  hmacSha256,
  importHmacKey,
  importSigningKey,
  signWebhook,
} from '../../src/webhook/signature.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const fromHex = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const newest = `whsec_${'0123456789abcdef'.repeat(4)}`
const older = `whsec_${'fedcba9876543210'.repeat(4)}`
const stranger = `whsec_${'00'.repeat(32)}`
const id = '0198f6a2-0000-7000-8000-000000000001'
const body =
  '{"id":"1","data":{"call":{"prompt":"Gr\u00fc\u00dfe \u{1f600}","n":9007199254740993}}}'
const nowS = Math.floor(Date.now() / 1000)

const stripe = new Stripe('sk_test_none')
const cryptoProvider = Stripe.createSubtleCryptoProvider()

const toKeys = (...secrets: string[]) => Promise.all(secrets.map(importSigningKey))
const sign = async (...secrets: string[]) =>
  signWebhook({ id, timestampS: nowS, body, keys: await toKeys(...secrets) })

async function stripeAccepts(secret: string, timestampS = nowS, received = body) {
  const keys = await toKeys(newest, older)
  const { callingbox } = await signWebhook({ id, timestampS, body, keys })
  try {
    await stripe.webhooks.constructEventAsync(received, callingbox, secret, 300, cryptoProvider)
    return true
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false
    throw error
  }
}

async function standardAccepts(
  secret: string,
  timestampS = nowS,
  received = body,
  receivedId = id,
) {
  const keys = await toKeys(newest, older)
  const { standard } = await signWebhook({ id, timestampS, body, keys })
  const headers = {
    'webhook-id': receivedId,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': standard,
  }
  try {
    new Webhook(secret).verify(received, headers)
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'WebhookVerificationError') return false
    throw error
  }
}

describe('signWebhook', () => {
  it('signs the time and the body, keyed with the whole secret (P4)', async () => {
    const signed = await signWebhook({
      id: 'e',
      timestampS: 1_700_000_000,
      body: '{}',
      keys: await toKeys(newest),
    })
    const v1 = await hmacSha256(await importHmacKey(encode(newest)), encode('1700000000.{}'))
    expect(signed.callingbox).toBe(`t=1700000000,v1=${toHex(v1)}`)
    expect(signed.standard).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/)
  })

  it('agrees with the vector of the Standard Webhooks specification (P4)', async () => {
    const { standard } = await signWebhook({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: '{"test": 2432232314}',
      keys: await toKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
    })
    expect(standard).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('has one signature per secret in both headers, in the order given (P4)', async () => {
    const [both, first, second] = [await sign(newest, older), await sign(newest), await sign(older)]
    expect(both.callingbox).toBe(`${first.callingbox},${second.callingbox.split(',')[1]}`)
    expect(both.standard).toBe(`${first.standard} ${second.standard}`)
  })

  it('is verified by stripe with any live secret, and with no other (P4)', async () => {
    expect(await stripeAccepts(newest)).toBe(true)
    expect(await stripeAccepts(older)).toBe(true)
    expect(await stripeAccepts(stranger)).toBe(false)
  })

  it('is verified by standardwebhooks with any live secret, and with no other (P4)', async () => {
    expect(await standardAccepts(newest)).toBe(true)
    expect(await standardAccepts(older)).toBe(true)
    expect(await standardAccepts(stranger)).toBe(false)
  })

  it('does not verify for another body or id (P4)', async () => {
    expect(await stripeAccepts(newest, nowS, body.replace('993', '992'))).toBe(false)
    expect(await standardAccepts(newest, nowS, body.replace('993', '992'))).toBe(false)
    expect(await standardAccepts(newest, nowS, body, `${id}0`)).toBe(false)
  })

  it('does not verify when it is over five minutes old (P5)', async () => {
    expect(await stripeAccepts(newest, nowS - 290)).toBe(true)
    expect(await stripeAccepts(newest, nowS - 310)).toBe(false)
    expect(await standardAccepts(newest, nowS - 290)).toBe(true)
    expect(await standardAccepts(newest, nowS - 310)).toBe(false)
    expect(await standardAccepts(newest, nowS + 310)).toBe(false)
  })

  it('signs nothing without a secret (P4)', async () => {
    await expect(signWebhook({ id, timestampS: nowS, body, keys: [] })).rejects.toThrow(RangeError)
  })

  it('refuses a fraction of a second (P5)', async () => {
    const webhook = { id, body, keys: await toKeys(newest) }
    for (const timestampS of [1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(signWebhook({ ...webhook, timestampS })).rejects.toThrow(RangeError)
    }
  })
})

describe('hmacSha256', () => {
  // RFC 4231, section 4; case 5 truncates the output, which we never do.
  it.each([
    [
      1,
      '0b'.repeat(20),
      toHex(encode('Hi There')),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      2,
      toHex(encode('Jefe')),
      toHex(encode('what do ya want for nothing?')),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      3,
      'aa'.repeat(20),
      'dd'.repeat(50),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    ],
    [
      4,
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
    [
      6,
      'aa'.repeat(131),
      toHex(encode('Test Using Larger Than Block-Size Key - Hash Key First')),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      7,
      'aa'.repeat(131),
      toHex(
        encode(
          'This is a test using a larger than block-size key and a larger than block-size data. ' +
            'The key needs to be hashed before being used by the HMAC algorithm.',
        ),
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('agrees with RFC 4231 case %i (P4)', async (_, key, message, digest) => {
    expect(toHex(await hmacSha256(await importHmacKey(fromHex(key)), fromHex(message)))).toBe(
      digest,
    )
  })
})
