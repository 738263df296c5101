// The sample for customers: verifies the signature of a CallingBox webhook.
import { createHmac, timingSafeEqual } from 'node:crypto'

const TOLERANCE_SECONDS = 300

/**
 * Says whether `header`, the value of `CallingBox-Signature` (`t=<unix s>,v1=<hex>[,v1=<hex>]`), signs
 * `body`, the raw bytes as they arrived, with `secret`, the whole `whsec_…` string. A `t` more than
 * 300 s away from `now` (ms) is refused: someone may be sending an old webhook again. Throws without a
 * secret: with an empty one anybody could sign.
 */
export function isSignatureValid(header: string, body: Buffer, secret: string, now = Date.now()) {
  if (!/^whsec_.{32}/.test(secret))
    throw new Error('The secret is not a signing secret: is it set?')
  const parts = header.split(',').map((part) => part.trim().split('='))
  const timestamp = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (!/^\d+$/.test(timestamp)) return false
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false

  const signed = createHmac('sha256', secret).update(`${timestamp}.`).update(body)
  const expected = Buffer.from(signed.digest('hex'))
  return parts.some(([name, hex = '']) => {
    const given = Buffer.from(hex)
    return name === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
}
