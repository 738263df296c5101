// The rule book of attempts as pure functions: examples, and properties over all of them.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backoffMs,
  decide,
  maxAttempts,
  retryAfterMs,
  type Progress,
} from '../../../src/delivery/attempt/decide.ts'
import type { Outcome } from '../../../src/delivery/send/outcome.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SCHEDULE = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, DAY]
const POLICY = { retryScheduleMs: SCHEDULE, retryJitter: 0.2 }
const MIDDLE = 0.5

function response(status: number, retryAfter: string | null = null): Outcome {
  return {
    kind: 'response',
    status,
    headers: {},
    retryAfter,
    body: '',
    headersMs: 1,
    durationMs: 1,
  }
}

const timeout: Outcome = { kind: 'timeout', message: 'no answer', durationMs: 10_000 }

function asking(seconds: number): Outcome {
  return response(429, String(seconds))
}

function automatic(attemptCount: number): Progress {
  return { attemptCount, isManual: false, resumeAt: null }
}

function manual(attemptCount: number, resumeAt: number | null = null): Progress {
  return { attemptCount, isManual: true, resumeAt }
}

function decided(delivery: Progress, outcome: Outcome, random = MIDDLE) {
  return decide(delivery, outcome, NOW, random, POLICY)
}

describe('backoffMs', () => {
  it('is the published schedule in the middle of its jitter', () => {
    const waits = SCHEDULE.map((_, place) => backoffMs(place + 1, MIDDLE, POLICY))
    expect(waits).toEqual(SCHEDULE)
    expect(maxAttempts(POLICY)).toBe(8)
  })

  it('stays within the jitter, grows with chance, and is whole ms', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), random, random, (made, one, other) => {
        const wait = backoffMs(made, one, POLICY)
        const middle = SCHEDULE[made - 1] ?? Number.NaN
        expect(Number.isInteger(wait)).toBe(true)
        expect(wait).toBeGreaterThanOrEqual(middle * 0.8)
        expect(wait).toBeLessThanOrEqual(middle * 1.2)
        const [low, high] = [Math.min(one, other), Math.max(one, other)]
        const isOrdered = backoffMs(made, low, POLICY) <= backoffMs(made, high, POLICY)
        expect(isOrdered).toBe(true)
      }),
    )
  })

  it('varies by the whole of its jitter, both ways', () => {
    const waits = [0, 0.25, 0.75, 1].map((random) => backoffMs(1, random, POLICY))
    expect(waits).toEqual([48_000, 54_000, 66_000, 72_000])
  })

  it('is exact without jitter', () => {
    expect(backoffMs(1, 0.9, { ...POLICY, retryJitter: 0 })).toBe(MINUTE)
  })
})

describe('decide on an automatic attempt', () => {
  it.each([200, 204, 299])('delivers on %i (A7)', (status) => {
    expect(decided(automatic(2), response(status))).toMatchObject({
      status: 'delivered',
      countsAsFailure: false,
    })
  })

  it.each([199, 300, 302, 400, 410, 429, 500])('retries on %i (A7)', (status) => {
    expect(decided(automatic(0), response(status))).toEqual({
      status: 'pending',
      nextAttemptAt: NOW + MINUTE,
      countsAsFailure: false,
    })
  })

  it('leaves to chance when in its jitter the next one is due', () => {
    const waits = [0, 1].map((random) => decided(automatic(0), timeout, random).nextAttemptAt - NOW)
    expect(waits).toEqual([48_000, 72_000])
  })

  it('exhausts and counts on the eighth failure (A1)', () => {
    expect(decided(automatic(6), timeout)).toMatchObject({
      status: 'pending',
      nextAttemptAt: NOW + DAY,
    })
    expect(decided(automatic(7), timeout)).toMatchObject({
      status: 'exhausted',
      countsAsFailure: true,
    })
  })
})

describe('decide on a manual attempt', () => {
  it('delivers, also when all automatic ones are used up', () => {
    expect(decided(manual(8), response(200))).toMatchObject({ status: 'delivered' })
  })

  it('uses up no automatic one', () => {
    expect(decided(manual(7), timeout)).toMatchObject({
      status: 'pending',
      nextAttemptAt: NOW + DAY,
    })
  })

  it('goes back to where the automatic schedule was', () => {
    expect(decided(manual(4, NOW + 2 * HOUR), timeout)).toEqual({
      status: 'pending',
      nextAttemptAt: NOW + 2 * HOUR,
      countsAsFailure: false,
    })
  })

  it('starts the schedule where a delivered one had left it', () => {
    expect(decided(manual(1), timeout)).toMatchObject({
      status: 'pending',
      nextAttemptAt: NOW + MINUTE,
    })
  })

  it('keeps a minute’s distance from an automatic attempt that is overdue', () => {
    expect(decided(manual(0, NOW - HOUR), timeout).nextAttemptAt).toBe(NOW + MINUTE)
  })

  it('exhausts again without counting when eight were made (C6)', () => {
    expect(decided(manual(8), timeout)).toMatchObject({
      status: 'exhausted',
      countsAsFailure: false,
    })
  })
})

describe('Retry-After', () => {
  it.each([
    [429, '120', 2 * MINUTE],
    [503, 'Mon, 23 Nov 2026 12:02:00 GMT', 2 * MINUTE],
    [429, '0', 0],
    [429, '-5', 0],
    [429, 'Mon, 23 Nov 2026 11:00:00 GMT', 0],
    [429, '99999999999999999999', DAY],
    [429, 'Fri, 31 Dec 9999 23:59:59 GMT', DAY],
    [429, 'tomorrow', 0],
    [429, '', 0],
    [500, '120', 0],
    [200, '120', 0],
    [302, '120', 0],
  ])('on %i of "%s" asks for %i ms', (status, value, wait) => {
    expect(retryAfterMs(response(status, value), NOW)).toBe(wait)
  })

  it('only postpones', () => {
    expect(decided(automatic(3), asking(1)).nextAttemptAt).toBe(NOW + 2 * HOUR)
    expect(decided(automatic(0), asking(3600)).nextAttemptAt).toBe(NOW + HOUR)
    expect(decided(manual(4, NOW + 2 * HOUR), asking(3 * 3600)).nextAttemptAt).toBe(NOW + 3 * HOUR)
  })
})

function madeAfter({ attemptCount, isManual }: Progress): number {
  return attemptCount + (isManual ? 0 : 1)
}

describe('decide on anything', () => {
  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant(timeout),
    fc
      .tuple(fc.integer({ min: 100, max: 599 }), fc.string())
      .map(([status, value]) => response(status, value)),
  )
  const deliveries: fc.Arbitrary<Progress> = fc.record({
    attemptCount: fc.integer({ min: 0, max: 8 }),
    isManual: fc.boolean(),
    resumeAt: fc.option(fc.integer({ min: NOW - DAY, max: NOW + 2 * DAY })),
  })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('is total, and keeps the rules of states and counters', () => {
    fc.assert(
      fc.property(deliveries, outcomes, chance, (delivery, outcome, random) => {
        const decision = decided(delivery, outcome, random)
        const isOk = outcome.kind === 'response' && Math.floor(outcome.status / 100) === 2
        expect(decision.status === 'delivered').toBe(isOk)
        expect(decision.status === 'exhausted').toBe(!isOk && madeAfter(delivery) >= 8)
        const isCounted = decision.status === 'exhausted' && !delivery.isManual
        expect(decision.countsAsFailure).toBe(isCounted)
      }),
      { numRuns: 1000 },
    )
  })

  it('never plans an attempt before the schedule allows it (A5)', () => {
    fc.assert(
      fc.property(deliveries, outcomes, chance, (delivery, outcome, random) => {
        const { status, nextAttemptAt } = decided(delivery, outcome, random)
        fc.pre(status === 'pending')
        const wait = SCHEDULE[Math.max(madeAfter(delivery), 1) - 1] ?? Number.NaN
        const resumesAt = delivery.isManual ? delivery.resumeAt : null
        expect(Number.isSafeInteger(nextAttemptAt)).toBe(true)
        expect(nextAttemptAt).toBeGreaterThanOrEqual(resumesAt ?? NOW + 0.8 * wait)
        expect(nextAttemptAt).toBeGreaterThanOrEqual(NOW + 0.8 * MINUTE)
        expect(nextAttemptAt).toBeLessThanOrEqual(NOW + 2 * DAY)
      }),
      { numRuns: 1000 },
    )
  })
})
