// The body and the headers of one webhook request.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPERATIONAL } from '../../src/webhook/event-types.ts'
import { composeBody, composeHeaders } from '../../src/webhook/request.ts'

const EVENT = {
  id: 'i',
  type: 'call.busy',
  created: 5,
  apiVersion: '2026-04',
  callId: 'c',
  call: '{"id":"c"}',
}

const PARTS = {
  prefix: 'Acme',
  id: 'i',
  type: 'call.busy',
  callId: 'c',
  timestampS: 7,
  signature: { callingbox: 't=7,v1=00', standard: 'v1,AA==' },
  attempt: 3,
  isManual: false,
  isTest: false,
}

describe('composeBody', () => {
  it('is the published envelope, in the published order', () => {
    expect(composeBody(EVENT)).toBe(
      '{"id":"i","type":"call.busy","created":5,"api_version":"2026-04","data":{"call":{"id":"c"}}}',
    )
  })

  it.each(['9007199254740993', '1.0', '1e400', '-0', '{"2":1,"1":2}', String.raw`"\u00e9\/"`])(
    'passes %s on as it is (P3)',
    (call) => {
      expect(composeBody({ ...EVENT, call })).toContain(`"call":${call}}`)
    },
  )

  it('has the data itself where it is about no call', () => {
    const event = {
      ...EVENT,
      type: 'endpoint.disabled',
      callId: OPERATIONAL,
      call: '{"org_id":"o"}',
    }
    expect(composeBody(event)).toBe(
      '{"id":"i","type":"endpoint.disabled","created":5,"api_version":"2026-04","data":{"org_id":"o"}}',
    )
  })

  it('is JSON, one line, and the same each time (P2)', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), fc.nat(), (call, id, created) => {
        const body = composeBody({ ...EVENT, call, id, created })
        expect(body).toBe(composeBody({ ...EVENT, call, id, created }))
        expect(body).not.toMatch(/[\r\n]/)
        const { data, ...head } = JSON.parse(body)
        expect(head).toEqual({ id, type: 'call.busy', created, api_version: '2026-04' })
        expect(data).toEqual({ call: JSON.parse(call) })
      }),
    )
  })
})

describe('composeHeaders', () => {
  it('names no call where it is about none', () => {
    const { 'X-Acme-Call-Id': _call, ...others } = composeHeaders(PARTS)
    expect(composeHeaders({ ...PARTS, callId: OPERATIONAL })).toEqual(others)
  })

  it('has the published headers under the prefix, and the standard trio', () => {
    expect(composeHeaders(PARTS)).toEqual({
      'Content-Type': 'application/json',
      Accept: '*/*',
      'User-Agent': 'Acme-Webhooks/1.0',
      'Acme-Signature': 't=7,v1=00',
      'Acme-Event-Id': 'i',
      'Acme-Event-Type': 'call.busy',
      'X-Acme-Event': 'call.busy',
      'X-Acme-Call-Id': 'c',
      'webhook-id': 'i',
      'webhook-timestamp': '7',
      'webhook-signature': 'v1,AA==',
      'Acme-Attempt': '3',
    })
  })

  it('marks a manual attempt', () => {
    expect(composeHeaders({ ...PARTS, isManual: true })).toEqual({
      ...composeHeaders(PARTS),
      'Acme-Redelivery': 'true',
    })
  })

  it('marks a test, which is all that tells it from what has happened', () => {
    expect(composeHeaders({ ...PARTS, isTest: true })).toEqual({
      ...composeHeaders(PARTS),
      'Acme-Test': 'true',
    })
  })
})
