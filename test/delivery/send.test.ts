// One attempt against receivers that behave, misbehave and attack: always an outcome.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { explain, isSuccess } from '../../src/delivery/attempt/outcome.ts'
import { send, type Sender } from '../../src/delivery/attempt/send.ts'

const REQUEST = {
  url: 'https://receiver.example/hooks',
  headers: { 'Content-Type': 'application/json' },
  body: '{"id":1}',
  timeoutMs: 100,
}

/** Sends to a fetch of the test's own. */
function sendTo(fetch: Sender['fetch'], timeoutMs = REQUEST.timeoutMs) {
  return send({ ...REQUEST, timeoutMs }, { fetch, now: Date.now })
}

function answering(body: BodyInit | null, init: ResponseInit = {}): Sender['fetch'] {
  return async () => new Response(body, init)
}

function failing(message: string): Sender['fetch'] {
  return () => Promise.reject(new Error(message))
}

/** A fetch that settles only when it is aborted. */
const hang: Sender['fetch'] = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')))
  })

/** An endless body of so many bytes a chunk, and how much of it was asked for. */
function endless(chunkBytes: number) {
  const seen = { bytes: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.bytes += chunkBytes
      controller.enqueue(new Uint8Array(chunkBytes).fill(0x61))
    },
    cancel() {
      seen.isCancelled = true
    },
  })
  return { body, seen }
}

afterEach(() => vi.useRealTimers())

describe('send', () => {
  it('POSTs the headers and the body once, and follows no redirect (A7)', async () => {
    const fetch = vi.fn<Sender['fetch']>(answering('ok'))
    await sendTo(fetch)
    expect(fetch).toHaveBeenCalledOnce()
    expect(fetch.mock.calls[0]).toEqual([
      REQUEST.url,
      {
        method: 'POST',
        headers: REQUEST.headers,
        body: REQUEST.body,
        redirect: 'manual',
        signal: expect.any(AbortSignal),
      },
    ])
  })

  it('keeps what came back', async () => {
    const outcome = await sendTo(answering('done', { status: 202, headers: { 'X-A': 'b' } }))
    expect(outcome).toMatchObject({
      kind: 'response',
      status: 202,
      headers: { 'x-a': 'b' },
      body: 'done',
      headersMs: expect.any(Number),
      durationMs: expect.any(Number),
    })
    expect(explain(outcome)).toBeNull()
  })

  it.each([200, 201, 204, 299])('is a success with %i (A7)', async (status) => {
    expect(isSuccess(await sendTo(answering(null, { status })))).toBe(true)
  })

  it.each([
    [301, 'redirect', 'HTTP 301: redirects are not followed'],
    [304, 'redirect', 'HTTP 304: redirects are not followed'],
    [308, 'redirect', 'HTTP 308: redirects are not followed'],
    [400, 'http_status', 'HTTP 400'],
    [410, 'http_status', 'HTTP 410'],
    [500, 'http_status', 'HTTP 500'],
    [599, 'http_status', 'HTTP 599'],
  ])('is a failure with %i, in words', async (status, kind, message) => {
    const outcome = await sendTo(answering(null, { status }))
    expect(isSuccess(outcome)).toBe(false)
    expect(explain(outcome)).toEqual({ kind, message })
  })

  it('gives up a receiver that hangs (R1)', async () => {
    const startedAt = Date.now()
    const outcome = await sendTo(hang)
    expect(explain(outcome)).toEqual({ kind: 'timeout', message: 'no answer within 0.1 s' })
    expect(Date.now() - startedAt).toBeLessThan(1000)
  })

  it.each([
    ['Network connection lost.', 'connection'],
    ['internal error; reference = abc', 'connection'],
    ['DNS lookup failed', 'dns'],
    ['getaddrinfo ENOTFOUND receiver.example', 'dns'],
    ['TLS peer’s certificate is not trusted; reason = self signed', 'tls'],
    ['SSL handshake failed', 'tls'],
  ])('explains "%s" as %s, without the runtime’s words', async (message, kind) => {
    const error = explain(await sendTo(failing(message)))
    expect(error?.kind).toBe(kind)
    expect(error?.message).not.toContain(message)
    expect(error?.message.length).toBeLessThan(100)
  })

  it.each([
    [530, 'error code: 1016', 'dns'],
    [530, 'error code: 1033', 'connection'],
    [521, 'error code: 521', 'connection'],
    [522, 'error code: 522', 'timeout'],
    [524, 'error code: 524', 'timeout'],
    [525, 'error code: 525', 'tls'],
    [526, 'error code: 526', 'tls'],
    [403, 'error code: 1003', 'refused_target'],
  ])('takes the edge’s %i "%s" for what it is: %s', async (status, body, kind) => {
    expect(explain(await sendTo(answering(body, { status })))?.kind).toBe(kind)
  })

  it.each([
    [530, 'we are down'],
    [521, ''],
    [403, 'Forbidden'],
    [500, 'error code: 1016'],
  ])('takes a receiver’s own %i "%s" for an answer', async (status, body) => {
    expect(await sendTo(answering(body, { status }))).toMatchObject({ kind: 'response', status })
  })

  it('takes a 2xx for a success though its body names an edge error', async () => {
    expect(isSuccess(await sendTo(answering('error code: 1016')))).toBe(true)
  })
})

describe('the body of an answer', () => {
  it('is read up to 4 KB of an endless one, then cancelled (R1)', async () => {
    const { body, seen } = endless(1000)
    const outcome = await sendTo(answering(body))
    expect(outcome).toMatchObject({ status: 200, body: 'a'.repeat(4096) })
    expect(seen.isCancelled).toBe(true)
    expect(seen.bytes).toBeLessThan(10_000)
  })

  it('is cut within one huge chunk too (R1)', async () => {
    const { body } = endless(10_000_000)
    expect(await sendTo(answering(body))).toMatchObject({ body: 'a'.repeat(4096) })
  })

  it('may drip on after a 2xx: that is a success, cut at the limit', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('drip'))
      },
    })
    const outcome = await sendTo(answering(body))
    expect(isSuccess(outcome)).toBe(true)
    expect(outcome).toMatchObject({ status: 200, body: 'drip' })
    expect(outcome.durationMs).toBeGreaterThanOrEqual(90)
    expect(outcome.durationMs).toBeLessThan(1000)
  })

  it('may break off after a 2xx: that is a success', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('half'))
      },
      pull(controller) {
        controller.error(new Error('Network connection lost.'))
      },
    })
    expect(await sendTo(answering(body))).toMatchObject({ status: 200 })
  })

  it('becomes text whatever its bytes are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const outcome = await sendTo(answering(bytes, { status: 500 }))
    const text = JSON.stringify(outcome)
    expect(JSON.parse(text)).toEqual(outcome)
    expect(text.isWellFormed()).toBe(true)
  })

  it('is empty when there is none', async () => {
    expect(await sendTo(answering(null, { status: 204 }))).toMatchObject({ body: '' })
  })
})

describe('the body of an answer that says it is short', () => {
  it('is read at once, without a reader', async () => {
    const getReader = vi.spyOn(ReadableStream.prototype, 'getReader')
    const headers = { 'content-length': '2' }
    expect(await sendTo(answering('ok', { headers }))).toMatchObject({ body: 'ok', headers })
    expect(getReader).not.toHaveBeenCalled()
    getReader.mockRestore()
  })

  it.each([
    ['longer than is kept', { 'content-length': '4097' }],
    ['of a length that is no number', { 'content-length': 'short' }],
    ['compressed', { 'content-length': '20', 'content-encoding': 'gzip' }],
  ])('is not trusted when it is %s (R1)', async (_, headers) => {
    const { body, seen } = endless(1000)
    const outcome = await sendTo(answering(body, { headers }))
    expect(outcome).toMatchObject({ status: 200, body: 'a'.repeat(4096) })
    expect(seen.isCancelled).toBe(true)
  })

  it('may never come: that is a success all the same', async () => {
    const body = new ReadableStream({ start() {} })
    const outcome = await sendTo(answering(body, { headers: { 'content-length': '20' } }))
    expect(outcome).toMatchObject({ status: 200, body: '' })
    expect(outcome.durationMs).toBeLessThan(1000)
  })

  it('is cut when it is longer than it said (R1)', async () => {
    const headers = { 'content-length': '1' }
    expect(await sendTo(answering('a'.repeat(9000), { headers }))).toMatchObject({
      body: 'a'.repeat(4096),
    })
  })
})

describe('the headers of an answer', () => {
  it('are kept up to 4 KB (R1)', async () => {
    const headers = Object.fromEntries(
      Array.from({ length: 1000 }, (_, n) => [`x-${String(n).padStart(4, '0')}`, 'v'.repeat(34)]),
    )
    const outcome = await sendTo(answering(null, { headers }))
    const kept = outcome.kind === 'response' ? Object.keys(outcome.headers) : []
    expect(kept).toHaveLength(102)
  })

  it('keep Retry-After though an earlier one is huge', async () => {
    const headers = { 'Content-Security-Policy': 'x'.repeat(5000), 'Retry-After': '60' }
    const outcome = await sendTo(answering(null, { status: 429, headers }))
    expect(outcome).toMatchObject({ headers: { 'retry-after': '60' } })
  })
})
