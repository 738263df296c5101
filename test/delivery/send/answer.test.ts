// What is kept of an answer, whatever a receiver makes of it.
import * as fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { keepAnswer } from '../../../src/delivery/send/answer.ts'

const CAP = 4096
const FOREVER = new AbortController().signal

function keep(body: BodyInit | null, init: ResponseInit = {}, signal = FOREVER) {
  return keepAnswer(new Response(body, init), 1, signal)
}

/** A body whose chunks are made as they are asked for, as the network's are. */
function streaming(pull: UnderlyingByteSource['pull'], cancel = () => {}): ReadableStream {
  return new ReadableStream({ type: 'bytes', pull, cancel } as UnderlyingByteSource)
}

/** An endless body of so many bytes a chunk, and how much of it was asked for. */
function endless(chunkBytes: number) {
  const seen = { bytes: 0, isCancelled: false }
  const body = streaming(
    (controller) => {
      seen.bytes += chunkBytes
      controller.enqueue(new Uint8Array(chunkBytes).fill(0x61))
    },
    () => {
      seen.isCancelled = true
    },
  )
  return { body, seen }
}

/** A body of these parts, then whatever comes. */
function parts(texts: string[], end: NonNullable<UnderlyingByteSource['pull']>) {
  const waiting = [...texts]
  return streaming((controller) => {
    const next = waiting.shift()
    return next === undefined ? end(controller) : controller.enqueue(new TextEncoder().encode(next))
  })
}

const close = (controller: ReadableByteStreamController) => {
  controller.close()
  controller.byobRequest?.respond(0)
}

afterEach(() => vi.restoreAllMocks())

describe('the headers of an answer', () => {
  it('are kept but for those about the connection', async () => {
    const headers = {
      'content-type': 'text/plain',
      connection: 'keep-alive',
      'keep-alive': 'timeout=60',
      'transfer-encoding': 'chunked',
    }
    const { headers: kept } = await keep('ok', { headers })
    expect(kept).toEqual({ 'content-type': 'text/plain' })
  })
})

describe('the body of an answer', () => {
  it.each([
    ['says nothing of its length', {}],
    ['says it is long', { 'content-length': '1000000000' }],
    ['says its length is no number', { 'content-length': 'short' }],
    ['says it is packed', { 'content-length': '20', 'content-encoding': 'gzip' }],
    ['says so behind a long header', { a: 'x'.repeat(4078), 'content-encoding': 'br' }],
    ['is packed several times', { 'content-encoding': 'gzip, br, deflate' }],
  ])('is held up to 4 KB of an endless one that %s, then cancelled (R1)', async (_, headers) => {
    for (const chunkBytes of [1, 1000, 4096, 10_000_000]) {
      const { body, seen } = endless(chunkBytes)
      expect(await keep(body, { headers })).toMatchObject({ body: 'a'.repeat(CAP) })
      expect(seen.isCancelled).toBe(true)
      expect(seen.bytes).toBeLessThanOrEqual(CAP + 2 * chunkBytes)
    }
  })

  it.each([
    ['is that long', ['o', 'k'], 'ok'],
    ['is longer', ['okay'], 'ok'],
    ['has none', [], ''],
  ])(
    'is as long as it says, and its end is not waited for: one that %s',
    async (_, texts, kept) => {
      const body = parts(texts, () => new Promise(() => {}))
      const headers = { 'content-length': String(kept.length) }
      expect(await keep(body, { headers })).toMatchObject({ body: kept })
    },
  )

  it.each([
    ['is', '4097', true],
    ['is not, which takes as long as to read,', '4096', false],
  ])('%s cancelled when it has %s bytes', async (_, length, isCancelled) => {
    const { body, seen } = endless(CAP)
    await keep(body, { headers: { 'content-length': length } })
    expect(seen).toMatchObject({ isCancelled })
  })

  it('is never asked for whole (R1)', async () => {
    const whole = ['text', 'arrayBuffer', 'json', 'blob', 'bytes', 'formData'] as const
    const spies = whole.map((name) => vi.spyOn(Response.prototype, name))
    const headers = { 'content-length': '2' }
    expect(await keep('ok', { headers })).toMatchObject({ body: 'ok' })
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })

  it('is the first 4 KB of any bytes, in whatever pieces they come (R1)', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(chunks, async (bytes) => {
        const all = bytes.flatMap((chunk) => [...chunk])
        const waiting = bytes.filter(({ length }) => length > 0).map((chunk) => chunk.slice())
        const body = streaming((controller) => {
          const next = waiting.shift()
          if (next) controller.enqueue(next)
          else close(controller)
        })
        const expected = new TextDecoder().decode(Uint8Array.from(all.slice(0, CAP)))
        expect((await keep(body)).body).toBe(expected)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['drips on', () => new Promise<void>(() => {})],
    [
      'breaks off',
      (body: ReadableByteStreamController) => body.error(new Error('connection lost')),
    ],
    ['ends', close],
  ])('keeps what came of one that %s, whatever was promised', async (_, end) => {
    const signal = AbortSignal.timeout(100)
    const headers = { 'content-length': '60' }
    const body = parts(['21 bytes ', 'came', ' of 60.'], end)
    expect(await keep(body, { headers }, signal)).toMatchObject({ body: '21 bytes came of 60.' })
  })

  it('is empty when none comes in time', async () => {
    const body = parts([], () => new Promise<void>(() => {}))
    expect(await keep(body, {}, AbortSignal.timeout(50))).toMatchObject({ body: '' })
    expect(await keep(parts(['late'], close), {}, AbortSignal.abort())).toMatchObject({ body: '' })
  })

  it.each(['é', '…', '😀'])('ends in at most one U+FFFD when "%s" is cut', async (character) => {
    for (const shift of [0, 1, 2, 3]) {
      const { body } = await keep('a'.repeat(shift) + character.repeat(CAP))
      expect(body.replace(/\uFFFD$/, '')).toMatch(new RegExp(`^a{${shift}}(?:${character})+$`, 'u'))
    }
  })

  it('keeps its byte order mark', async () => {
    expect((await keep('\uFEFFas it came')).body).toBe('\uFEFFas it came')
  })

  it('becomes well-formed text whatever its bytes are', async () => {
    const { body } = await keep(Uint8Array.from({ length: 256 }, (_, byte) => byte))
    expect(body.isWellFormed()).toBe(true)
    expect(JSON.parse(JSON.stringify(body))).toBe(body)
  })

  it('is empty when there is none', async () => {
    expect(await keep(null, { status: 204 })).toMatchObject({ status: 204, body: '' })
  })
})

function sizeOf(headers: Record<string, string>): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
}

describe('the headers of an answer', () => {
  it('are kept both when one comes twice', async () => {
    const headers = new Headers({ 'X-A': '1' })
    headers.append('Set-Cookie', 'a=1; Path=/')
    headers.append('Set-Cookie', 'b=2, c')
    headers.append('X-A', '2')
    const kept = await keep(null, { headers })
    expect(kept.headers).toEqual({ 'set-cookie': 'a=1; Path=/\nb=2, c', 'x-a': '1, 2' })
  })

  it.each(['__proto__', 'constructor', 'toString'])('are kept when named %s', async (name) => {
    const { headers } = await keep(null, { headers: [[name, 'yes']] })
    const again: unknown = JSON.parse(JSON.stringify(headers))
    expect(Object.entries(again ?? {})).toEqual([[name.toLowerCase(), 'yes']])
  })

  it('are cut, the long ones first, where there are too many characters (R1)', async () => {
    const long = 'x'.repeat(3000)
    const headers = { a: long, b: long, 'content-security-policy': long, 'x-last': 'short' }
    const kept = await keep(null, { headers })
    expect(sizeOf(kept.headers)).toBeLessThanOrEqual(CAP)
    expect(kept.headers['x-last']).toBe('short')
    for (const name of ['a', 'b', 'content-security-policy']) {
      expect(kept.headers[name]).toMatch(/^x{1000,}…$/)
    }
  })

  it.each([
    ['many', Array.from({ length: 2000 }, (_, n) => [`a${n}`, '1'])],
    ['long', Array.from({ length: 40 }, (_, n) => [`a${n}`, 'v'.repeat(500)])],
    ['long names', Array.from({ length: 10 }, (_, n) => [`a${n}${'n'.repeat(4000)}`, 'v'])],
  ])('keep what tells most though others are %s (R1)', async (_, padding) => {
    const telling = { location: '/elsewhere', 'retry-after': '60', server: 'nginx' }
    const headers = [...padding, ...Object.entries(telling)]
    const kept = await keep(null, { status: 503, headers: headers as [string, string][] })
    expect(kept.headers).toMatchObject(telling)
    expect(sizeOf(kept.headers)).toBeLessThanOrEqual(CAP)
  })

  it('are within their size and well-formed, whatever they are (R1)', async () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,60}$/)
    const value = fc.string({ maxLength: 3000, unit: 'grapheme-ascii' }).map((text) => text.trim())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 60 }), async (headers) => {
        const kept = await keep(null, { headers })
        expect(sizeOf(kept.headers)).toBeLessThanOrEqual(CAP)
      }),
      { numRuns: 50 },
    )
  })

  it('tell Retry-After whole, and from the answer itself', async () => {
    const headers = { a: 'x'.repeat(5000), 'retry-after': `${' '.repeat(9)}${'0'.repeat(5000)}7` }
    const kept = await keep(null, { status: 429, headers })
    expect(kept.retryAfter).toBe(`${'0'.repeat(5000)}7`)
  })
})
