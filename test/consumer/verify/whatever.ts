// Whatever may arrive: made up, or with any byte of it changed.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/consumer/index.ts'
import { AT, CALL_ID, encode, FAMILIES, only, SECRET, sign } from '../signed.ts'

export function describeWhatever(): void {
  describe('whatever arrives', () => {
    const anyCall = fc
      .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())
      .map((call) => Object.assign(call, { id: CALL_ID }))

    it('is the event when it is ours', async () => {
      await fc.assert(
        fc.asyncProperty(anyCall, fc.constantFrom(...FAMILIES), async (call, family) => {
          const { body, headers } = await sign({ call: JSON.stringify(call) })
          const verified = await verify(body, only(family, headers), SECRET, AT)
          expect(verified).toEqual({ ok: true, family, event: JSON.parse(body) })
        }),
      )
    })

    it('is refused with any byte of it changed (P4)', async () => {
      const signed = await sign()
      const bytes = encode(signed.body)
      for (const family of FAMILIES) {
        const headers = only(family, signed.headers)
        for (let place = 0; place < bytes.length; place += 1) {
          const changed = bytes.slice()
          changed.set([(changed[place] ?? 0) ^ (1 << (place % 8))], place)
          expect(await verify(changed, headers, SECRET, AT)).toMatchObject({
            ok: false,
          })
        }
      }
    })

    it.each(FAMILIES)(
      'is refused with any character of its %s headers changed (P4)',
      async (family) => {
        const { body, headers } = await sign()
        const signing = Object.entries(only(family, headers)).filter(([name]) =>
          /^webhook-|-Signature$/.test(name),
        )
        for (const [name, value] of signing) {
          for (let place = 0; place < value.length; place += 1) {
            const other = value[place] === '7' ? '8' : '7'
            const changed = `${value.slice(0, place)}${other}${value.slice(place + 1)}`
            const given = { ...Object.fromEntries(signing), [name]: changed }
            expect(await verify(body, given, SECRET, AT)).toMatchObject({ ok: false })
          }
        }
      },
    )

    it('never throws, and never tells of the secret', async () => {
      const anyText = fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary-ascii' }),
        fc.constantFrom(SECRET, '', 't=1,v1='),
      )
      const anyHeaders = fc.dictionary(
        fc.constantFrom(
          'callingbox-signature',
          'webhook-id',
          'webhook-timestamp',
          'webhook-signature',
          'content-length',
        ),
        anyText,
      )
      await fc.assert(
        fc.asyncProperty(fc.anything(), anyHeaders, anyText, async (body, headers, end) => {
          const secret = `${SECRET}${end}`
          // Whatever is given at run time is answered.
          const verified = await verify(body as string, headers, secret, AT)
          expect(verified.ok).toBe(false)
          expect(JSON.stringify(verified)).not.toContain(SECRET.slice('whsec_'.length))
        }),
      )
    })
  })
}
