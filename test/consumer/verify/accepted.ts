// The webhooks that `verify` accepts.
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES, verify, type WebhookHeaders } from '../../../src/consumer/index.ts'
import { AT, encode, FAMILIES, ID, NOW_S, OLDER, only, SECRET, sign } from '../signed.ts'
import { STRANGER, type Signed } from '../signed.ts'

export function describeAccepted(): void {
  describe('verify', () => {
    it.each(EVENT_TYPES)('answers a webhook of %s as its event', async (type) => {
      const { body, headers } = await sign({ type })
      const verified = await verify(body, headers, SECRET, AT)
      expect(verified).toEqual({ ok: true, family: 'callingbox', event: JSON.parse(body) })
    })

    it.each(FAMILIES)('needs no more than the %s signature', async (family) => {
      const { body, headers } = await sign()
      const verified = await verify(body, only(family, headers), SECRET, AT)
      expect(verified).toMatchObject({ ok: true, family, event: { id: ID } })
    })

    it('takes text and bytes, and bytes that are a part of others', async () => {
      const { body, headers } = await sign()
      const bytes = encode(body)
      const part = encode(`xx${body}xx`).subarray(2, bytes.length + 2)
      const bodies = [body, bytes, bytes.slice().buffer, part, new DataView(bytes.slice().buffer)]
      for (const one of bodies) {
        // A DataView is no body by its type, and what holds the bytes all the same.
        expect(await verify(one as Uint8Array, headers, SECRET, AT)).toMatchObject({ ok: true })
      }
    })

    it.each(['Headers', 'lower', 'upper', 'lists', 'Map', 'request'] as const)(
      'reads the headers from %s',
      async (form) => {
        const { body, headers } = await sign()
        for (const family of FAMILIES) {
          const given = write(only(family, headers), form)
          expect(await verify(body, given, SECRET, AT)).toMatchObject({ ok: true, family })
        }
      },
    )

    it('takes another prefix of the header', async () => {
      const { body, headers } = await sign()
      const renamed = { 'Acme-Signature': headers['CallingBox-Signature'] }
      expect(await verify(body, renamed, SECRET, AT)).toMatchObject({ reason: 'no_signature' })
      const options = { ...AT, headerPrefix: 'Acme' }
      expect(await verify(body, renamed, SECRET, options)).toMatchObject({ ok: true })
    })

    it('takes any secret of a rotation, and any of several secrets (P4)', async () => {
      const { body, headers } = await sign({ secrets: [SECRET, OLDER] })
      for (const secret of [SECRET, OLDER, [STRANGER, OLDER]]) {
        for (const family of FAMILIES) {
          const verified = await verify(body, only(family, headers), secret, AT)
          expect(verified).toMatchObject({ ok: true, family })
        }
      }
      expect(await verify(body, headers, STRANGER, AT)).toMatchObject({ reason: 'wrong_secret' })
    })

    it('takes an event of a type that came later', async () => {
      const { body, headers } = await sign({ type: 'call.transferred' })
      expect(await verify(body, headers, SECRET, AT)).toMatchObject({ ok: true })
    })

    it.each([
      [-301, {}, 'future_timestamp'],
      [-300, {}, undefined],
      [300, {}, undefined],
      [301, {}, 'stale_timestamp'],
      [11, { toleranceSeconds: 10 }, 'stale_timestamp'],
      [1, { toleranceSeconds: 0 }, 'stale_timestamp'],
      [0, { toleranceSeconds: 0 }, undefined],
      [1e9, { toleranceSeconds: Number.POSITIVE_INFINITY }, undefined],
    ])('answers a drift of %i s with tolerance %o by %s (P5)', async (driftS, options, reason) => {
      const { body, headers } = await sign()
      for (const family of FAMILIES) {
        const nowMs = (NOW_S + driftS) * 1000
        const verified = await verify(body, only(family, headers), SECRET, { ...options, nowMs })
        expect(verified).toMatchObject(reason ? { ok: false, reason } : { ok: true })
      }
    })

    it.each([-1, Number.NaN])('refuses a tolerance of %d', async (toleranceSeconds) => {
      const { body, headers } = await sign()
      const verified = verify(body, headers, SECRET, { toleranceSeconds })
      await expect(verified).rejects.toThrow(RangeError)
    })

    it('says how far off the time is', async () => {
      const { body, headers } = await sign({ timestampS: NOW_S - 3600 })
      expect(await verify(body, headers, SECRET, AT)).toMatchObject({
        message: expect.stringContaining('It is 3600 s off, and 300 s are allowed.'),
      })
    })
  })
}

function write(
  headers: Signed['headers'],
  form: 'Headers' | 'lower' | 'upper' | 'lists' | 'Map' | 'request',
): WebhookHeaders {
  const pairs = Object.entries(headers)
  if (form === 'Headers') return new Headers(headers)
  if (form === 'Map') return new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  if (form === 'request') return { get: (name: string) => new Headers(headers).get(name) }
  if (form === 'lists') return Object.fromEntries(pairs.map(([name, value]) => [name, [value]]))
  return Object.fromEntries(
    pairs.map(([name, value]) => [
      form === 'lower' ? name.toLowerCase() : name.toUpperCase(),
      value,
    ]),
  )
}
