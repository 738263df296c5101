// The customers' sample, checked against signatures made by Stripe's library: the same scheme.
import { createHmac } from 'node:crypto'
import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { isSignatureValid } from '../../src/dev/verify-signature.ts'

const SECRET = 'whsec_0123456789abcdef0123456789abcdef'
const BODY = Buffer.from('{"id":"e","data":{"call":{"note":"naïve ☎"}}}')
const NOW = 1_776_263_450_000

describe('isSignatureValid', () => {
  it('accepts the body, secret and time that were signed (P4)', () => {
    expect(isSignatureValid(sign(), BODY, SECRET, NOW)).toBe(true)
  })

  it('accepts any of several signatures', () => {
    const other = sign({ secret: 'whsec_another' }).split(',')[1]
    const [t, v1] = sign().split(',')
    expect(isSignatureValid(`${t},${other},${v1}`, BODY, SECRET, NOW)).toBe(true)
  })

  it('accepts a drift of 300 s either way, not of 301 s', () => {
    const drifts = [-301, -300, 300, 301]
    expect(drifts.map((s) => isSignatureValid(sign(), BODY, SECRET, NOW + s * 1000))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('refuses another body, secret or scheme', () => {
    expect(isSignatureValid(sign(), Buffer.from(`${BODY} `), SECRET, NOW)).toBe(false)
    expect(isSignatureValid(sign(), BODY, SECRET.replace('0', '1'), NOW)).toBe(false)
    expect(isSignatureValid(sign().replace('v1=', 'v0='), BODY, SECRET, NOW)).toBe(false)
  })

  it.each(['', 'whsec_', 'undefined', SECRET.slice(0, -1), SECRET.slice('whsec_'.length)])(
    'throws for the secret "%s", with which anybody could sign',
    (secret) => {
      const digest = createHmac('sha256', secret)
        .update(`${NOW / 1000}.${BODY}`)
        .digest('hex')
      const forged = `t=${NOW / 1000},v1=${digest}`
      expect(() => isSignatureValid(forged, BODY, secret, NOW)).toThrow(/is it set/)
    },
  )

  it.each(['', '–', 't=', 'v1=', 't=abc,v1=00', 't=1776263450', 't=1776263450,v1=', 't=,v1=zz'])(
    'refuses the header "%s"',
    (header) => {
      expect(isSignatureValid(header, BODY, SECRET, NOW)).toBe(false)
    },
  )

  it('refuses a signature cut short or drawn out', () => {
    expect(isSignatureValid(sign().slice(0, -2), BODY, SECRET, NOW)).toBe(false)
    expect(isSignatureValid(`${sign()}00`, BODY, SECRET, NOW)).toBe(false)
    expect(isSignatureValid(`${sign()}zz`, BODY, SECRET, NOW)).toBe(false)
  })
})

function sign({ secret = SECRET } = {}): string {
  return new Stripe('sk_test').webhooks.generateTestHeaderString({
    payload: BODY.toString(),
    secret,
    timestamp: NOW / 1000,
  })
}
