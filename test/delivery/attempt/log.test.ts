// One entry of the attempt log: complete, and of no use to whoever would replay it.
import { assert, constantFrom, dictionary, nat, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attemptUuid, newAttemptId } from '../../../src/db/ids.ts'
import { readLog, toBareEntry, toLogEntry } from '../../../src/delivery/attempt/log.ts'
import type { Outcome } from '../../../src/delivery/send/outcome.ts'

const STARTED = Date.parse('2026-11-23T12:00:00.123Z')

/** Of an attempt that was started then. */
const ATTEMPT_ID = newAttemptId(STARTED)
const ID = attemptUuid(ATTEMPT_ID)

const RESPONSE: Outcome = {
  kind: 'response',
  status: 503,
  headers: { 'retry-after': '5' },
  retryAfter: '5',
  body: 'busy',
  headersMs: 12,
  durationMs: 34,
}

const WELL: Outcome = { ...RESPONSE, status: 200 }

const DELIVERY = {
  id: '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001',
  eventType: 'call.busy',
  callId: '4f6a1c2e-9d1b-4c55-8a0e-2b7f6d3e9a10',
}

/** The entry as it is stored. */
function store(outcome: Outcome, isManual = false): string {
  const [hex, base64] = [`v1=${'0123456789abcdef'.repeat(4)}`, `v1,${'Ab1+/'.repeat(8)}abc=`]
  const sent = {
    prefix: 'CallingBox',
    timestampS: Math.floor(STARTED / 1000),
    signature: { callingbox: `t=1795435200,${hex},${hex}`, standard: `${base64} ${base64}` },
    attempt: 1,
    trace: null,
  }
  const delivery = { isManual, redeliveredBy: 'dashboard:Ab12Cd34', waitingFor: null }
  const stored = toLogEntry(ATTEMPT_ID, delivery, { sent, outcome })
  return JSON.stringify(stored)
}

/** The entry as the log gives it back. */
function entryOf(outcome: Outcome, isManual = false) {
  return readLog({ ...DELIVERY, attempts: `[${store(outcome, isManual)}]` })[0]
}

describe('an entry', () => {
  it('tells all of an attempt that was answered', () => {
    expect(entryOf(RESPONSE)).toEqual({
      number: 1,
      id: ID,
      trigger: 'automatic',
      requested_by: null,
      started_at: '2026-11-23T12:00:00.123Z',
      duration_ms: 34,
      headers_ms: 12,
      error: { kind: 'http_status', message: 'HTTP 503' },
      request: {
        headers: {
          'Content-Type': 'application/json',
          Accept: '*/*',
          'User-Agent': 'CallingBox-Webhooks/1.0',
          'CallingBox-Signature': 't=1795435200,v1=01234567…,v1=01234567…',
          'CallingBox-Event-Id': DELIVERY.id,
          'CallingBox-Event-Type': 'call.busy',
          'X-CallingBox-Event': 'call.busy',
          'X-CallingBox-Call-Id': DELIVERY.callId,
          'webhook-id': DELIVERY.id,
          'webhook-timestamp': '1795435200',
          'webhook-signature': 'v1,Ab1+/Ab1… v1,Ab1+/Ab1…',
          'CallingBox-Attempt': '1',
        },
      },
      response: { status: 503, headers: { 'retry-after': '5' }, body: 'busy' },
    })
  })

  it('says by kind what went wrong when nothing was answered', () => {
    const message = 'no answer within 10 s'
    expect(entryOf({ kind: 'timeout', message, durationMs: 10_000 })).toMatchObject({
      duration_ms: 10_000,
      headers_ms: null,
      error: { kind: 'timeout', message },
      response: null,
    })
  })

  it('keeps what the platform answered in the receiver’s place', () => {
    const answer = {
      status: 530,
      headers: { server: 'cloudflare' },
      body: 'error code: 1016',
      headersMs: 7,
      retryAfter: null,
    }
    const message = 'the host name could not be resolved'
    expect(entryOf({ kind: 'dns', message, durationMs: 9, answer })).toMatchObject({
      headers_ms: 7,
      error: { kind: 'dns', message },
      response: { status: 530, headers: { server: 'cloudflare' }, body: 'error code: 1016' },
    })
  })

  it.each([
    'Mon, 23 Nov 2026 12:00:00 GMT',
    'Mon, 23 Nov 2026 11:58:59 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Monday, 23-Nov-26 12:00:00 GMT',
    'Mon, 23 Nov 2026 12:00:00 +0000',
    '1795435200',
    'Invalid Date',
    '',
  ])('gives a date back as it was sent: %j', (date) => {
    expect(entryOf({ ...RESPONSE, headers: { date } })?.response?.headers).toEqual({ date })
  })

  it('gives back the prefix that it was sent with', () => {
    const [attempt, signed] = [1, '01234567Ab1+/Ab1']
    const attempts = JSON.stringify([[ATTEMPT_ID, 1, 1, [attempt, signed, 'Acme'], null]])
    const [entry] = readLog({ ...DELIVERY, attempts })
    expect(entry?.request?.headers).toMatchObject({ 'Acme-Attempt': '1' })
  })

  it('names a redirect as what it is', () => {
    expect(entryOf({ ...RESPONSE, status: 302 })?.error).toMatchObject({ kind: 'redirect' })
  })

  it('says who asked for a manual attempt', () => {
    expect(entryOf(RESPONSE, true)).toMatchObject({
      trigger: 'manual',
      requested_by: 'dashboard:Ab12Cd34',
      request: { headers: { 'CallingBox-Redelivery': 'true' } },
    })
  })
})

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength
}

/** Text of one kind of character, or of any mixture. */
function textUpTo(length: number) {
  const units = ['\u0001', '"', '\\', '\n', 'x', 'é', '漢', '😀', '\ud83d', '\u007f']
  const uniform = tuple(constantFrom(...units), nat({ max: length }))
  return oneof(
    uniform.map(([unit, times]) => unit.repeat(times)),
    string({ unit: 'binary', maxLength: length, size: 'max' }),
  )
}

describe('an entry, however its text grows when it is stored', () => {
  it('has 16,000 bytes at most: a hundred are one value of D1 (R5)', () => {
    const headers = dictionary(textUpTo(100), textUpTo(4096), { maxKeys: 5 })
    assert(
      property(headers, textUpTo(4096), (some, body) => {
        expect(bytesOf(store({ ...RESPONSE, headers: some, body }, true))).toBeLessThanOrEqual(
          16_000,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('keeps all of an answer in plain text, and the beginning of any other', () => {
    const plain = { ...RESPONSE, headers: { via: 'x'.repeat(4000) }, body: 'né"\n'.repeat(900) }
    expect(entryOf(plain)?.response).toMatchObject({ headers: plain.headers, body: plain.body })
    const { body } = entryOf({ ...RESPONSE, body: '\u0001'.repeat(4096) })?.response ?? { body: '' }
    expect(body).toBe('\u0001'.repeat(1333).slice(0, body.length))
    expect(body.length).toBeGreaterThan(1300)
  })

  it('drops the headers that do not fit, and no others', () => {
    const headers = { a: '\n'.repeat(100), b: '\u0001'.repeat(2000), c: 'z' }
    const { a, c } = headers
    expect(entryOf({ ...RESPONSE, headers })?.response?.headers).toEqual({ a, c })
  })

  it('is short without what was sent and answered', () => {
    const bare = toBareEntry(store({ ...RESPONSE, body: '"'.repeat(4096) }, true))
    expect(bytesOf(bare)).toBeLessThan(500)
    expect(readLog({ ...DELIVERY, attempts: `[${bare}]` })).toMatchObject([
      { id: ID, error: { message: 'HTTP 503' } },
    ])
  })
})

describe('a log', () => {
  it('is numbered by place from 1, also where it had grown to its limit (A2)', () => {
    const bare = toBareEntry(store(WELL))
    const log = readLog({ ...DELIVERY, attempts: `[${bare},${bare}]` })
    const whole = {
      id: ID,
      duration_ms: 34,
      trigger: 'automatic',
      requested_by: null,
      started_at: '2026-11-23T12:00:00.123Z',
      headers_ms: 12,
      error: null,
    }
    expect(log).toEqual([
      { ...whole, number: 1 },
      { ...whole, number: 2 },
    ])
  })
})
