// One attempt against receivers that behave, misbehave and attack: always an outcome.
import { describe, expect, it, vi } from 'vitest'
import { countConnections } from '../../../src/delivery/send/connections.ts'
import { answerOf, explain, isSuccess } from '../../../src/delivery/send/outcome.ts'
import { send, TooLateError, type Sender } from '../../../src/delivery/send/send.ts'

const REQUEST = {
  url: 'https://receiver.example/hooks',
  headers: { 'Content-Type': 'application/json' },
  body: '{"id":1}',
  timeoutMs: 100,
}

/** Sends to a fetch of the test's own. */
function sendTo(fetch: Sender['fetch'], timeoutMs = REQUEST.timeoutMs) {
  return send(
    { ...REQUEST, timeoutMs },
    { fetch, takeConnection: countConnections(), now: Date.now },
  )
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

  it.each([
    [999, 'sent'],
    [1000, 'late'],
  ])(
    'at %i ms, of 1,000 until which it may leave, is %s, and holds no connection (R7)',
    async (now, what) => {
      const fetch = vi.fn<Sender['fetch']>(answering('ok'))
      const takeConnection = countConnections()
      const sender = { fetch, takeConnection, now: () => now }
      const sent = await Promise.allSettled(
        Array.from({ length: 7 }, () => send({ ...REQUEST, until: 1000 }, sender)),
      )
      expect(fetch).toHaveBeenCalledTimes(what === 'sent' ? 7 : 0)
      const late = sent.filter(
        (one) => one.status === 'rejected' && one.reason instanceof TooLateError,
      )
      expect(late).toHaveLength(what === 'sent' ? 0 : 7)
    },
  )

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
    [300, 'http_status', 'HTTP 300'],
    [301, 'redirect', 'HTTP 301: redirects are not followed'],
    [302, 'redirect', 'HTTP 302: redirects are not followed'],
    [303, 'redirect', 'HTTP 303: redirects are not followed'],
    [304, 'http_status', 'HTTP 304'],
    [305, 'http_status', 'HTTP 305'],
    [306, 'http_status', 'HTTP 306'],
    [307, 'redirect', 'HTTP 307: redirects are not followed'],
    [308, 'redirect', 'HTTP 308: redirects are not followed'],
    [399, 'http_status', 'HTTP 399'],
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
    // A busy machine takes its time; the runtime's own limit would be minutes.
    expect(Date.now() - startedAt).toBeLessThan(10_000)
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
    [520, 'error code: 520', 'connection'],
    [521, 'error code: 521\n', 'connection'],
    [522, 'error code: 522', 'timeout'],
    [524, 'error code: 524', 'timeout'],
    [525, 'error code: 525', 'tls'],
    [526, 'error code: 526', 'tls'],
    [403, 'error code: 1003', 'refused_target'],
  ])('takes the edge’s %i "%s" for %s, and keeps it', async (status, body, kind) => {
    const headers = { server: 'cloudflare', 'content-length': String(body.length) }
    const outcome = await sendTo(answering(body, { status, headers }))
    expect(explain(outcome)?.kind).toBe(kind)
    expect(isSuccess(outcome)).toBe(false)
    expect(answerOf(outcome)).toMatchObject({ status, headers, body })
  })

  it.each([
    [530, 'we are down', {}],
    [530, 'we are down: error code: 1016 in billing', {}],
    [530, 'error code: 1016 in billing', {}],
    [530, 'error code: 1016\n\n', {}],
    [530, ' error code: 1016', {}],
    [530, 'Error code: 1016', {}],
    [530, 'error code: 530', {}],
    [530, 'error code: 2016', {}],
    [530, 'error code: 1016', { 'content-type': 'application/json' }],
    [530, 'error code: 1016', { 'content-type': 'text/plainer' }],
    [530, 'error code: 1016', { server: 'nginx' }],
    [530, 'error code: 1016', { 'content-length': '60' }],
    [403, 'Forbidden', {}],
    [403, 'error code: 1020', {}],
    [403, '{"message":"no entry (internal error code: 1003)"}', {}],
    [521, '', {}],
    [522, 'error code: 521', {}],
    [528, 'error code: 528', {}],
    [500, 'error code: 1016', {}],
    [500, 'error code: 500', {}],
    [404, 'error code: 1003', {}],
  ])('takes a receiver’s own %i "%s" with %o for its answer', async (status, body, headers) => {
    const outcome = await sendTo(answering(body, { status, headers }))
    expect(outcome).toMatchObject({ kind: 'response', status, headers, body })
    expect(explain(outcome)).toEqual({ kind: 'http_status', message: `HTTP ${status}` })
  })

  it('takes a 2xx for a success though its body names an edge error', async () => {
    expect(isSuccess(await sendTo(answering('error code: 1016')))).toBe(true)
  })
})
