// What becomes of a delivery whose turn has come: each verdict, its edges, and their order.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeliveryToSend } from '../../src/db/lifecycle/consume.ts'
import { triage } from '../../src/delivery/triage.ts'
import { LANES, type Lane } from '../../src/world.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const DAY_S = 86_400

/** A retry that is due, of an endpoint that is well; but for what is told. */
function delivery(told: Partial<DeliveryToSend> = {}): DeliveryToSend {
  return {
    orgId: 'org',
    id: 'id',
    version: 2,
    endpointId: 'endpoint',
    eventType: 'call.completed',
    callId: 'call',
    url: 'https://receiver.example/hooks',
    attemptCount: 1,
    manualRetryCount: 0,
    isManual: false,
    redeliveredBy: null,
    trace: null,
    resumeAt: null,
    nextAttemptAt: NOW,
    attemptsMade: 1,
    created: 0,
    apiVersion: '2026-04',
    call: '{}',
    endpointStatus: 'enabled',
    unwellSince: null,
    pace: null,
    maxPerSecond: null,
    secrets: [],
    ownHosts: [],
    stops: [],
    headers: null,
    isOrdered: false,
    waitingFor: null,
    certificate: null,
    ...told,
  }
}

const INLINE = { endpointId: null, endpointStatus: null }
const DISABLED = { endpointStatus: 'disabled' } as const
const GONE = { endpointStatus: null }

describe('triage', () => {
  it.each(LANES)('attempts what is due, in the %s lane', (lane) => {
    const due = delivery()
    expect(triage(due, lane, NOW)).toEqual({ kind: 'attempt', delivery: due })
  })

  it.each(LANES)('attempts an inline delivery, which has no endpoint, in the %s lane', (lane) => {
    expect(triage(delivery(INLINE), lane, NOW).kind).toBe('attempt')
  })

  it('drops what was overtaken or is finished: it is not found', () => {
    expect(triage(undefined, 'fresh', NOW)).toEqual({ kind: 'drop' })
  })

  it('drops what has lost its endpoint (C5)', () => {
    expect(triage(delivery(GONE), 'retry', NOW)).toEqual({ kind: 'drop' })
  })

  it('holds what is for a disabled endpoint, early or unwell as it may be (C5)', () => {
    const later = { nextAttemptAt: NOW + 60_000, unwellSince: NOW }
    expect(triage(delivery({ ...DISABLED, ...later }), 'fresh', NOW)).toEqual({ kind: 'hold' })
  })

  it.each([
    [-5000, { kind: 'attempt' }],
    [1000, { kind: 'attempt' }],
    [1001, { kind: 'wait', seconds: 2 }],
    [2000, { kind: 'wait', seconds: 2 }],
    [2001, { kind: 'wait', seconds: 3 }],
    [DAY_S * 1000, { kind: 'wait', seconds: DAY_S }],
    [DAY_S * 1000 + 1, { kind: 'wait', seconds: DAY_S }],
  ])('answers to a retry that is %i ms early: %o (A5)', (early, verdict) => {
    const told = { nextAttemptAt: NOW + early }
    expect(triage(delivery(told), 'retry', NOW)).toMatchObject(verdict)
  })

  it("does not let a first attempt wait for this machine's clock", () => {
    const told = { nextAttemptAt: NOW + 300_000, attemptsMade: 0 }
    expect(triage(delivery(told), 'fresh', NOW).kind).toBe('attempt')
  })

  it("does not let a redelivery wait for this machine's clock", () => {
    const told = { nextAttemptAt: NOW + 300_000, isManual: true }
    expect(triage(delivery(told), 'retry', NOW).kind).toBe('attempt')
  })

  it('hands what is for an unwell endpoint on from the fresh lane, and attempts it in the others', () => {
    const unwell = delivery({ unwellSince: NOW - 1 })
    const verdicts = LANES.map((lane) => triage(unwell, lane, NOW).kind)
    expect(verdicts).toEqual(['hand_on', 'attempt', 'attempt'])
  })

  it('attempts nothing that is early, closed or in the wrong lane, and all the rest (A5, C5)', () => {
    const told = fc.record({
      endpointId: fc.constantFrom('endpoint', null),
      endpointStatus: fc.constantFrom('enabled' as const, 'disabled' as const, null),
      isManual: fc.boolean(),
      attemptsMade: fc.nat({ max: 2 }),
      nextAttemptAt: fc.integer({ min: NOW - 2000, max: NOW + 2 * DAY_S * 1000 }),
      unwellSince: fc.constantFrom(null, NOW - 1),
    })
    const consistent = told.filter((one) => one.endpointId !== null || one.endpointStatus === null)
    fc.assert(
      fc.property(consistent, fc.constantFrom<Lane>(...LANES), (one, lane) => {
        const verdict = triage(delivery(one), lane, NOW)
        const isOpen = one.endpointId === null || one.endpointStatus === 'enabled'
        const isDue = one.isManual || one.attemptsMade === 0 || one.nextAttemptAt - NOW <= 1000
        const isInLane = lane !== 'fresh' || one.unwellSince === null
        expect(verdict.kind === 'attempt').toBe(isOpen && isDue && isInLane)
        if (verdict.kind !== 'wait') return
        expect(verdict.seconds).toBeGreaterThanOrEqual(2)
        expect(verdict.seconds).toBeLessThanOrEqual(DAY_S)
      }),
      { numRuns: 1000 },
    )
  })
})
