// Secrets and headers that are not as they were given out: `verify` says what became of them.
import { describe, expect, it } from 'vitest'
import { verify, type RefusalReason } from '../../../src/consumer/index.ts'
import { AT, change, NOW_S, OLDER, SECRET, sign, STRANGER, type Signed } from '../signed.ts'

export function describeHeaders(): void {
  describe('a secret that is none', () => {
    it.each<[unknown, RefusalReason]>([
      [undefined, 'no_secret'],
      ['', 'no_secret'],
      [[], 'no_secret'],
      [`${SECRET}\n`, 'secret_has_extra_characters'],
      [` ${SECRET}`, 'secret_has_extra_characters'],
      [`"${SECRET}"`, 'secret_has_extra_characters'],
      [`Bearer ${SECRET}`, 'secret_has_extra_characters'],
      [`${SECRET};`, 'secret_has_extra_characters'],
      [`sk_live_${'a'.repeat(57)}`, 'secret_is_api_key'],
      [`whpk_${'a'.repeat(44)}`, 'secret_is_other_kind'],
      [`whsk_${'a'.repeat(44)}`, 'secret_is_other_kind'],
      [SECRET.slice('whsec_'.length), 'secret_without_prefix'],
      ['whsec_0123…', 'secret_cut_off'],
      [SECRET.slice(0, 30), 'secret_cut_off'],
      ['whsec_', 'secret_cut_off'],
      [SECRET.slice(0, -1), 'secret_cut_off'],
      [SECRET.slice(0, -31), 'secret_cut_off'],
      [SECRET.slice(0, -32), 'secret_cut_off'],
      [`${SECRET}0`, 'secret_has_extra_characters'],
      [`${SECRET}=`, 'secret_has_extra_characters'],
      [SECRET + SECRET, 'secret_has_extra_characters'],
      [STRANGER, 'wrong_secret'],
      [`whsec_${'Zm9v'.repeat(8)}`, 'wrong_secret'],
      [[STRANGER, `${SECRET} `], 'secret_has_extra_characters'],
      [[STRANGER, ''], 'no_secret'],
      [[undefined, STRANGER], 'no_secret'],
      [['', STRANGER, SECRET.slice(0, -1)], 'secret_cut_off'],
      [['', SECRET.slice(0, 30)], 'secret_cut_off'],
      [[STRANGER, OLDER], 'wrong_secret'],
    ])('is told what it is: %j', async (secret, reason) => {
      const { body, headers } = await sign()
      // What is no text comes from an environment variable that is not set.
      expect(await verify(body, headers, secret as string, AT)).toMatchObject({ ok: false, reason })
    })
  })

  describe('a secret that is missing beside another', () => {
    it.each(['', undefined])('does no harm: %j', async (missing) => {
      const { body, headers } = await sign()
      // What is no text comes from an environment variable that is not set.
      const secrets = [SECRET, missing] as string[]
      expect(await verify(body, headers, secrets, AT)).toMatchObject({ ok: true })
    })

    it.each<[RefusalReason, (signed: Signed) => Promise<Signed> | Signed]>([
      ['body_reserialized', ({ body, headers }) => ({ body: body.replace(',', ', '), headers })],
      ['body_changed', ({ body, headers }) => ({ body: `${body}\n`, headers })],
      ['body_changed', ({ body, headers }) => ({ body: body.slice(0, -1), headers })],
      ['stale_timestamp', () => sign({ timestampS: NOW_S - 3600 })],
    ])('leaves what is wrong to be told: %s', async (reason, spoil) => {
      const { body, headers } = await spoil(await sign())
      expect(await verify(body, headers, [SECRET, ''], AT)).toMatchObject({ reason })
    })

    it('is told by its place when no other fits', async () => {
      const { body, headers } = await sign()
      const message = expect.stringMatching(
        /That is secret 2 of 2, and no signature was made with another\.$/,
      )
      expect(await verify(body, headers, [STRANGER, ''], AT)).toMatchObject({ message })
    })
  })

  describe('a whole secret of another form than the service makes', () => {
    it('is told by its length when it has signed nothing', async () => {
      const { body, headers } = await sign()
      const message = expect.stringContaining('After "whsec_" there are 60 characters, and not 64.')
      expect(await verify(body, headers, SECRET.slice(0, -4), AT)).toMatchObject({ message })
    })

    it.each([32, 63, 66, 96])('verifies what it has signed, with %i hex digits', async (digits) => {
      const secret = `whsec_${'0123456789abcdef'.repeat(6).slice(0, digits)}`
      const { body, headers } = await sign({ secrets: [secret] })
      expect(await verify(body, headers, secret, AT)).toMatchObject({ ok: true })
    })
  })

  describe('headers that are not as they were sent', () => {
    it('are told when there are none', async () => {
      const { body } = await sign()
      for (const headers of [{}, new Headers(), { 'CallingBox-Signature': ' ' }]) {
        expect(await verify(body, headers, SECRET, AT)).toMatchObject({ reason: 'no_signature' })
      }
    })

    it('are told by the name that they were looked for under', async () => {
      const { body } = await sign()
      for (const headerPrefix of ['CallingBox', 'Acme']) {
        const told = `Neither ${headerPrefix}-Signature nor webhook-signature is there.`
        expect(await verify(body, {}, SECRET, { ...AT, headerPrefix })).toMatchObject({
          message: expect.stringContaining(told),
        })
      }
    })

    it.each(['CallingBox-Signature', 'webhook-signature'])(
      'are told when %s was cut off, wherever it was',
      async (name) => {
        const { body, headers } = await sign({ secrets: [OLDER, SECRET] })
        const header = headers[name] ?? ''
        const whole = header.length
        for (let length = 1; length < whole; length += 1) {
          const verified = await verify(
            body,
            { ...trio(headers), [name]: header.slice(0, length) },
            SECRET,
            AT,
          )
          // Once the older secret's is whole, there is a signature: of another secret.
          const isCut = length < firstSignatureEnd(header)
          const reason = isCut ? 'truncated_signature' : 'wrong_secret'
          expect(verified).toMatchObject({ reason })
        }
      },
    )

    it.each<[string, Record<string, string>]>([
      ['no time', { 'CallingBox-Signature': `v1=${'0'.repeat(64)}` }],
      ['no number as time', { 'CallingBox-Signature': `t=soon,v1=${'0'.repeat(64)}` }],
      ['another scheme', { 'CallingBox-Signature': `t=1,v0=${'0'.repeat(64)}` }],
      ['too many digits', { 'CallingBox-Signature': `t=1,v1=${'0'.repeat(65)}` }],
      ['capitals', { 'CallingBox-Signature': `t=1,v1=${'A'.repeat(64)}` }],
      ['no scheme', { 'CallingBox-Signature': '0'.repeat(64) }],
      ['no id', { 'webhook-timestamp': '1', 'webhook-signature': `v1,${'A'.repeat(43)}=` }],
      ['no time beside', { 'webhook-id': 'i', 'webhook-signature': `v1,${'A'.repeat(43)}=` }],
      [
        'public keys',
        { 'webhook-id': 'i', 'webhook-timestamp': '1', 'webhook-signature': 'v1a,AAAA' },
      ],
    ])('are told when they have %s', async (_, headers) => {
      const { body } = await sign()
      expect(await verify(body, headers, SECRET, AT)).toMatchObject({
        reason: 'malformed_signature',
      })
    })

    it('do no harm beside the other signature, when that is whole', async () => {
      const { body, headers } = await sign()
      const changed = change(headers, { 'CallingBox-Signature': 't=1,v1=00' })
      expect(await verify(body, changed, SECRET, AT)).toMatchObject({
        ok: true,
        family: 'standard',
      })
    })
  })
}

function trio(headers: Signed['headers']) {
  const { 'webhook-id': id, 'webhook-timestamp': time } = headers
  return { 'webhook-id': id, 'webhook-timestamp': time }
}

function firstSignatureEnd(header: string): number {
  return header.startsWith('t=')
    ? header.indexOf(',v1=', header.indexOf('v1='))
    : header.indexOf(' ')
}
