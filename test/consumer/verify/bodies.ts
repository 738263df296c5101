// Bodies that are not as they arrived: `verify` says what became of them.
import { describe, expect, it } from 'vitest'
import { verify, type RefusalReason, type Verification } from '../../../src/consumer/index.ts'
import {
  AT,
  change,
  encode,
  FAMILIES,
  only,
  PLAIN_CALL,
  SECRET,
  sign,
  signBody,
} from '../signed.ts'
import { STRANGER } from '../signed.ts'
import { ascii, ESCAPES, SURROUNDINGS, WRITERS } from './writers.ts'

export function describeBodies(): void {
  describe('a body that is not as it arrived', () => {
    it.each(WRITERS)('is told when %s wrote it anew', async (_, rewrite) => {
      for (const family of FAMILIES) {
        const { body, headers } = await sign({ call: PLAIN_CALL })
        const verified = await verify(rewrite(body), only(family, headers), SECRET, AT)
        expect(verified).toMatchObject({ reason: 'body_reserialized' })
      }
    })

    it.each(SURROUNDINGS)('is told when it has %s around it', async (_, surround) => {
      const message = expect.stringContaining('around it')
      for (const length of [1, 2 ** 20]) {
        const { body, headers } = await sign({ call: noteOf(length) })
        for (const family of FAMILIES) {
          const given = [surround(body), only(family, headers)] as const
          const told = { reason: 'body_changed', message }
          expect(await verify(...given, SECRET, AT)).toMatchObject(told)
          expect(await verify(encode(given[0]), given[1], SECRET, AT)).toMatchObject(told)
          expect(await verify(...given, STRANGER, AT)).toMatchObject({ reason: 'wrong_secret' })
        }
      }
    })

    it('is not told by a length that fits it with or without what is around it', async () => {
      const { body, headers } = await sign({ secrets: [STRANGER] })
      const bytes = encode(body).length
      for (const length of [bytes, bytes + 1]) {
        const given = change(headers, { 'Content-Length': String(length) })
        const verified = await verify(`${body}\n`, given, SECRET, AT)
        expect(verified).toMatchObject({ reason: 'wrong_secret' })
      }
    })

    it.each(ESCAPES)('is told when the call was sent with %s escaped', async (_, escape) => {
      const { body, headers } = await sign({ call: escape(PLAIN_CALL) })
      const verified = await verify(JSON.stringify(JSON.parse(body)), headers, SECRET, AT)
      expect(verified).toMatchObject({ reason: 'body_reserialized' })
    })

    it.each<[string, (body: string) => string]>([
      ['base64', toBase64],
      ['base64 without its end', (body) => toBase64(body).replace(/=+$/, '')],
      ['base64 in lines', (body) => toBase64(body).replace(/.{76}/g, '$&\r\n')],
      ['Latin-1', (body) => String.fromCharCode(...encode(body))],
    ])('is told when it is %s', async (_, recode) => {
      const { body, headers } = await sign()
      const verified = await verify(recode(body), headers, SECRET, AT)
      expect(verified).toMatchObject({ reason: 'body_recoded' })
    })

    it.each<[string, unknown]>([
      ['an object', {}],
      ['nothing', undefined],
      ['null', null],
      ['a promise', Promise.resolve('')],
      ['a stream', new ReadableStream()],
      ['[object Object]', '[object Object]'],
    ])('is told when it is %s', async (_, body) => {
      const { headers } = await sign()
      // What a type forbids, JavaScript passes.
      const verified = await verify(body as string, headers, SECRET, AT)
      expect(verified).toMatchObject({ reason: 'body_not_raw' })
    })

    it.each<[string, Parameters<typeof change>[1], RefusalReason]>([
      ['another length', { 'Content-Length': '7' }, 'body_changed'],
      [
        'the length of what was compressed',
        { 'Content-Length': '7', 'Content-Encoding': 'br' },
        'wrong_secret',
      ],
      ['another id', { 'webhook-id': 'another' }, 'body_changed'],
      ['another id in ours', { 'CallingBox-Event-Id': 'another' }, 'body_changed'],
      ['all that is right', {}, 'wrong_secret'],
    ])('is told by headers that name %s', async (_, changed, reason) => {
      const { body, headers } = await sign({ secrets: [STRANGER] })
      expect(await verify(body, change(headers, changed), SECRET, AT)).toMatchObject({ reason })
    })

    it('is told when it is empty, or cut off', async () => {
      const { body, headers } = await sign()
      expect(await verify('', headers, SECRET, AT)).toMatchObject({ reason: 'empty_body' })
      for (let length = 1; length < body.length; length += 1) {
        const verified = await verify(body.slice(0, length), headers, SECRET, AT)
        expect(verified).toMatchObject({ reason: 'body_changed' })
      }
    })

    it('is tried no further when it is longer than any of ours', async () => {
      expect(await reasonOf(2 ** 18 - 1000)).toMatchObject({ reason: 'body_reserialized' })
      expect(await reasonOf(2 ** 18)).toMatchObject({ reason: 'wrong_secret' })
    })

    it.each(['nonsense', '[]', '{}', '{"id":"1","type":"call.busy"}', 'null', '"text"'])(
      'is told to be no event, signed as it is: %s',
      async (body) => {
        const { headers } = await signBody(body)
        expect(await verify(body, headers, SECRET, AT)).toMatchObject({ reason: 'not_an_event' })
      },
    )
  })
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...encode(text)))
}

/** Of a note so long, written anew. */
async function reasonOf(length: number): Promise<Verification> {
  const { body, headers } = await sign({ call: noteOf(length) })
  return verify(ascii(body), headers, SECRET, AT)
}

function noteOf(length: number): string {
  return `{"id":"c","note":"${'a'.repeat(length)}é"}`
}
