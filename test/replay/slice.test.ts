// What a step plans, whatever its parts are and have found.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  planSlice,
  rowsEach,
  SLICE_MS,
  turnsOf,
  waitMsOf,
  type Pace,
} from '../../src/delivery/replay/slice.ts'
import type { ReplayPart } from '../../src/db/lifecycle/replay.ts'
import type { Match } from '../../src/db/walk.ts'

const NOW = 1_800_000_000_000

const PLAIN: ReplayPart = {
  endpointId: 'e',
  endpointStatus: 'enabled',
  isPaced: false,
  maxPerSecond: null,
  parked: 0,
  cursor: '',
  canarySent: 0,
  canaryFailed: 0,
  isProven: false,
  lastSentAt: null,
  filter: null,
}

const waitOf = (part: Partial<ReplayPart>) => waitMsOf([PLAIN, { ...PLAIN, ...part }])

const idOf = (n: number) => n.toString().padStart(6, '0')

const anyPart = fc.record({
  endpointStatus: fc.constantFrom<ReplayPart['endpointStatus']>(
    ...(['enabled', 'enabled', 'enabled', 'disabled', 'deleted'] as const),
  ),
  isPaced: fc.boolean(),
  maxPerSecond: fc.constant(null),
  parked: fc.integer({ min: 0, max: 128 }),
  canarySent: fc.integer({ min: 0, max: 12 }),
  canaryFailed: fc.integer({ min: 0, max: 12 }),
  isProven: fc.boolean(),
  lastSentAt: fc.option(fc.integer({ min: NOW - 3_600_000, max: NOW })),
  filter: fc.constant(null),
})

/** Parts with what each has ahead: numbers of deliveries, some of which were redelivered too often. */
const anyParts = fc.array(
  fc.record({ part: anyPart, ahead: fc.uniqueArray(fc.integer({ min: 0, max: 5000 })) }),
  { maxLength: 6 },
)

type Ahead = { part: ReplayPart; matches: Match[] }

function toAhead(parts: { part: Omit<ReplayPart, 'endpointId' | 'cursor'>; ahead: number[] }[]) {
  return parts.map(({ part, ahead }, place): Ahead => {
    const matches = ahead
      .toSorted((a, b) => a - b)
      .map((n) => ({
        id: `${idOf(n)}-${place}`,
        version: n,
        manualRetryCount: n % 11 === 0 ? 1000 : 0,
      }))
    return { part: { ...PLAIN, ...part, endpointId: `e${place}` }, matches }
  })
}

/** Plans a step in which each walk reads so many rows at most. */
function plan(all: Ahead[], most: number, pace: Omit<Pace, 'waitMs'>) {
  const turns = turnsOf(
    all.map(({ part }) => part),
    NOW,
  )
  const walks = turns.map((turn) => {
    const ahead = all.find(({ part }) => part.endpointId === turn.part.endpointId)?.matches ?? []
    const rest = ahead.filter(({ id }) => id > turn.part.cursor)
    const matches = rest.slice(0, most)
    const furthest = matches.at(-1)?.id ?? null
    return { turn, walked: { matches, missed: [], furthest, isOver: rest.length < most } }
  })
  return { turns, slice: planSlice(walks, { ...pace, waitMs: SLICE_MS }, NOW) }
}

/** How many of one delivery are sent that was redelivered so often. */
function sentAfter(manualRetryCount: number): number {
  const ahead = { part: PLAIN, matches: [{ id: idOf(1), version: 1, manualRetryCount }] }
  return plan([ahead], 10, { ratePerSecond: 20, nextStepAt: NOW }).slice.sends.length
}

const anyPace = fc.record({
  ratePerSecond: fc.integer({ min: 1, max: 500 }),
  nextStepAt: fc.integer({ min: NOW - 600_000, max: NOW + 1000 }),
})

describe('a step’s plan', () => {
  it('deals with each delivery up to a part’s new cursor once, and with none behind it (Y1)', () => {
    fc.assert(
      fc.property(anyParts, anyPace, fc.integer({ min: 1, max: 200 }), (parts, pace, most) => {
        const all = toAhead(parts)
        const { slice } = plan(all, most, pace)
        for (const step of slice.parts) {
          const ahead = all.find(({ part }) => part.endpointId === step.endpointId)?.matches ?? []
          const passed = ahead.filter(({ id }) => id <= step.cursor).map(({ id }) => id)
          const sent = slice.sends.filter(({ part }) => part === step.endpointId)
          const skipped = Object.values(step.skipped).reduce((a, b) => a + b, 0)
          expect(sent).toHaveLength(step.planned)
          expect(sent.length + skipped).toBe(passed.length)
          expect(sent.every(({ id }) => passed.includes(id))).toBe(true)
          expect(!step.isOver || passed.length === ahead.length).toBe(true)
        }
      }),
    )
  })

  it('sends evenly within its slice, oldest first, never before its time (Y4)', () => {
    fc.assert(
      fc.property(anyParts, anyPace, (parts, pace) => {
        const { slice } = plan(toAhead(parts), 5000, pace)
        const { sends } = slice
        const startAt = Math.max(NOW, pace.nextStepAt)
        expect(sends.length).toBeLessThanOrEqual((pace.ratePerSecond * SLICE_MS) / 1000)
        expect(sends.map(({ id }) => id)).toEqual(sends.map(({ id }) => id).toSorted())
        for (const [place, { at }] of sends.entries()) {
          expect(at).toBe(startAt + Math.floor((place * 1000) / pace.ratePerSecond))
        }
        const usedMs = (sends.length * 1000) / pace.ratePerSecond
        expect(slice.nextStepAt - startAt).toBeGreaterThanOrEqual(usedMs)
        expect(slice.nextStepAt - startAt).toBeLessThanOrEqual(SLICE_MS)
      }),
    )
  })

  it.each([
    [20, 10, 100],
    [10, 20, 100],
    [500, 1, 1000],
  ])(
    'at %i a second to an endpoint that takes %i keeps to the least of both',
    (rate, most, gap) => {
      const ahead = Array.from({ length: 60 }, (_, place) => place * 11 + 1)
      const part = { ...PLAIN, isProven: true, maxPerSecond: most }
      const pace = { ratePerSecond: rate, nextStepAt: NOW }
      const { sends, nextStepAt } = plan(toAhead([{ part, ahead }]), 5000, pace).slice
      expect(sends).toHaveLength(Math.min(rate, most) * 5)
      expect(sends.map(({ at }) => at)).toEqual(sends.map((_, place) => NOW + place * gap))
      expect(nextStepAt).toBe(NOW + SLICE_MS)
    },
  )

  it('sends nothing to a closed endpoint, and a canary of ten to one that has not been heard of (Y3)', () => {
    fc.assert(
      fc.property(anyParts, anyPace, (parts, pace) => {
        const all = toAhead(parts)
        const { slice } = plan(all, 5000, pace)
        for (const { part } of all) {
          const sent = slice.sends.filter((one) => one.part === part.endpointId).length
          const isOpen = part.endpointStatus === 'enabled'
          expect(isOpen || sent === 0).toBe(true)
          expect(part.isProven || part.canaryFailed + sent <= Math.max(10, part.canaryFailed)).toBe(
            true,
          )
          expect(!part.isPaced || part.parked + sent <= 128).toBe(true)
        }
      }),
    )
  })

  it('sends what was redelivered less than a thousand times, and nothing else', () => {
    fc.assert(
      fc.property(anyParts, anyPace, (parts, pace) => {
        const all = toAhead(parts)
        const { slice } = plan(all, 5000, pace)
        const counts = new Map(
          all.flatMap(({ matches }) => matches.map((m) => [m.id, m.manualRetryCount])),
        )
        expect(slice.sends.map(({ id }) => counts.get(id)).filter(Boolean)).toEqual([])
      }),
    )
    expect(sentAfter(999)).toBe(1)
    expect(sentAfter(1000)).toBe(0)
  })

  it('comes to an end: parts that may go on are over in a bounded number of steps (Y5)', () => {
    fc.assert(
      fc.property(anyParts, anyPace, fc.integer({ min: 1, max: 50 }), (parts, pace, most) => {
        let all = toAhead(parts).map(({ part, matches }) => ({
          part: { ...part, isProven: true, isPaced: false },
          matches,
        }))
        for (let steps = 0; all.length > 0; steps += 1) {
          expect(steps).toBeLessThan(2000)
          const { slice } = plan(all, most, pace)
          const left = new Map(
            slice.parts.filter(({ isOver }) => !isOver).map((step) => [step.endpointId, step]),
          )
          all = all.flatMap(({ part, matches }) => {
            const step = left.get(part.endpointId)
            return step ? [{ part: { ...part, cursor: step.cursor }, matches }] : []
          })
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('a step’s plan of what was missed', () => {
  const [one, other] = [
    '01a00000-0000-7000-8000-0000000a0000',
    '01a00000-0000-7000-8000-0000000b0000',
  ]
  const missed = [other, one].map((id) => ({ id, callId: 'c' }))

  function planOf(part: Partial<ReplayPart>, ratePerSecond: number) {
    const [turn] = turnsOf([{ ...PLAIN, ...part }], NOW)
    if (!turn) throw new Error('it has a turn')
    const match = { id: `${one.slice(0, -4)}0001`, version: 3, manualRetryCount: 0 }
    const walked = {
      matches: [match],
      missed,
      furthest: `${other.slice(0, -4)}0002`,
      isOver: false,
    }
    return planSlice([{ turn, walked }], { ratePerSecond, nextStepAt: NOW, waitMs: SLICE_MS }, NOW)
  }

  it('sends an event before its deliveries, and each at its own second', () => {
    const { sends } = planOf({}, 1)
    expect(sends).toEqual([
      { id: one, callId: 'c', part: 'e', at: NOW, place: 1 },
      { id: `${one.slice(0, -4)}0001`, version: 3, part: 'e', at: NOW + 1000, place: 2 },
      { id: other, callId: 'c', part: 'e', at: NOW + 2000, place: 3 },
    ])
  })

  it('goes on behind whatever is made of an event, though that has a later id than all that was read (Y1)', () => {
    expect(planOf({}, 1).parts).toMatchObject([
      { cursor: `${other.slice(0, -4)}ffff`, planned: 3, isOver: false },
    ])
  })

  it('comes back to an event for which there was no room', () => {
    expect(planOf({ canarySent: 8 }, 1).parts).toMatchObject([
      { cursor: `${one.slice(0, -4)}0001`, planned: 2, isOver: false },
    ])
  })
})

describe('a part', () => {
  const roomOf = (part: Partial<ReplayPart>) => turnsOf([{ ...PLAIN, ...part }], NOW)[0]?.room

  it.each([
    [{}, 10],
    [{ canarySent: 4 }, 6],
    [{ canarySent: 10 }, undefined],
    [{ canarySent: 10, canaryFailed: 10 }, undefined],
    [{ canarySent: 10, isProven: true }, Infinity],
    [{ canarySent: 10, canaryFailed: 10, isProven: true }, Infinity],
    [{ isProven: true, isPaced: true, parked: 100 }, 28],
    [{ isProven: true, isPaced: true, parked: 128 }, undefined],
    [{ isProven: true, maxPerSecond: 1 }, 5],
    [{ isProven: true, maxPerSecond: 10, isPaced: true, parked: 100 }, 28],
    [{ maxPerSecond: 500 }, 10],
    [{ canarySent: 10, canaryFailed: 4, lastSentAt: NOW - 599_999 }, undefined],
    [{ canarySent: 10, canaryFailed: 4, lastSentAt: NOW - 600_000 }, 6],
    [{ canarySent: 10, canaryFailed: 10, lastSentAt: NOW - 600_000 }, undefined],
    [{ canarySent: 10, canaryFailed: 10, endpointStatus: 'disabled' as const }, Infinity],
  ])('that is %o may send %s', (part, room) => {
    expect(roomOf(part)).toBe(room)
  })

  it('is looked at again in a second while its endpoint works off what is parked, else in five', () => {
    expect(waitOf({ isProven: true, isPaced: true })).toBe(1000)
    expect(waitOf({ isProven: true })).toBe(5000)
    expect(waitOf({ isPaced: true })).toBe(5000)
    expect(waitOf({ isProven: true, isPaced: true, endpointStatus: 'disabled' })).toBe(5000)
  })

  it('shares the rows of a step with the others, and has enough of them', () => {
    expect([1, 3, 50, 128].map(rowsEach)).toEqual([5000, 1666, 100, 100])
  })
})
