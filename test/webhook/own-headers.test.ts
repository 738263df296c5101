// Headers of an endpoint's own: which there may be, how they are shown, and where they go.
import { describe, expect, it } from 'vitest'
import {
  coverValue,
  findNameProblem,
  findValueProblem,
  isCovered,
  isSameOrigin,
  readCovered,
  writeCovered,
} from '../../src/webhook/own-headers.ts'
import { composeHeaders } from '../../src/webhook/request.ts'

const PREFIX = 'Acme-Hooks'

describe('findNameProblem', () => {
  it.each(['Authorization', 'X-Api-Key', 'apikey', 'Cookie', 'x!#$%&', '__proto__'])(
    'takes %s',
    (name) => {
      expect(findNameProblem(name, PREFIX)).toBeUndefined()
    },
  )

  it.each(['', 'a b', 'a:', 'ä', 'a\n', 'a"', '(a)', 'Authorization: Bearer x'])(
    'refuses %j, which is no token',
    (name) => {
      expect(findNameProblem(name, PREFIX)).toMatch(/no name of a header/)
    },
  )

  it('refuses a name of 65 characters', () => {
    expect(findNameProblem('x'.repeat(64), PREFIX)).toBeUndefined()
    expect(findNameProblem('x'.repeat(65), PREFIX)).toMatch(/64 characters/)
  })

  it.each(
    `callingbox-x x-callingbox-event Acme-Hooks-Signature x-acme-hooks-x webhook-id Accept user-agent
     traceparent tracestate`.split(/\s+/),
  )('refuses %s, which the service sets', (name) => {
    expect(findNameProblem(name, PREFIX)).toMatch(/set by the service/)
  })

  it('refuses every name that the service sets, under any prefix', () => {
    const names = Object.keys(
      composeHeaders({
        prefix: PREFIX,
        id: '1',
        type: 'call.busy',
        callId: 'c',
        timestampS: 1,
        signature: { callingbox: 's', standard: 's' },
        attempt: 1,
        isManual: true,
        isTest: true,
        trace: { kept: `${'a'.repeat(32)}-01 a=b`, span: 'b'.repeat(16) },
      }),
    )
    expect(names.length).toBeGreaterThan(12)
    expect(names.filter((name) => findNameProblem(name, PREFIX) === undefined)).toEqual([])
  })

  it.each(
    `Host Content-Type content-length Content-Encoding Transfer-Encoding connection Keep-Alive TE Trailer
     Upgrade HTTP2-Settings Expect Accept-Encoding Proxy-Authorization Sec-WebSocket-Key`.split(
      /\s+/,
    ),
  )('refuses %s, which decides how the request is sent', (name) => {
    expect(findNameProblem(name, PREFIX)).toMatch(/how the request itself is sent/)
  })

  it.each(
    'CF-Connecting-IP cf-worker CDN-Loop Forwarded X-Forwarded-For Via X-Real-IP True-Client-IP'.split(
      ' ',
    ),
  )('refuses %s, which those set who pass a request on', (name) => {
    expect(findNameProblem(name, PREFIX)).toMatch(/pass a request on/)
  })
})

describe('findValueProblem', () => {
  it.each(['a', 'Bearer x', 'a;b="c", d', '~'.repeat(4000)])('takes %s', (value) => {
    expect(findValueProblem(value)).toBeUndefined()
  })

  it.each(['', ' a', 'a ', '\ta', 'a\tb', 'a\r\nX: y', 'a\u0000', 'a\u007f', 'é', '…'])(
    'refuses %j',
    (value) => {
      expect(findValueProblem(value)).toBeDefined()
    },
  )
})

describe('coverValue', () => {
  it('shows the last four characters, and of fewer than twelve none', () => {
    expect(coverValue('12345678901')).toBe('…')
    expect(coverValue('123456789012')).toBe('…9012')
  })

  it('makes what no value can be, and what reads back', () => {
    expect(isCovered(coverValue('x'))).toBe(true)
    expect(findValueProblem(coverValue('x'.repeat(20)))).toBeDefined()
    expect(readCovered(writeCovered(['X-A', 'p:secret-1234']))).toEqual(['X-A', '…1234'])
  })
})

describe('isSameOrigin (X10)', () => {
  it.each([
    ['https://a.example/x?y', 'https://a.example/z'],
    ['https://a.example', 'https://A.example:443/'],
    ['http://localhost:8788/', 'http://localhost:8788/hooks'],
  ])('holds of %s and %s', (url, other) => {
    expect(isSameOrigin(url, other)).toBe(true)
  })

  it.each([
    ['https://a.example/', 'http://a.example/'],
    ['https://a.example/', 'https://a.example:8443/'],
    ['https://a.example/', 'https://b.a.example/'],
    ['https://a.example/', 'https://a.example.evil.example/'],
    ['listen:', 'listen:'],
    ['nothing', 'nothing'],
  ])('does not of %s and %s', (url, other) => {
    expect(isSameOrigin(url, other)).toBe(false)
  })
})
