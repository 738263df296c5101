// The fault simulation as part of the tests: every core flow, a sample of histories, and old findings.
import { afterAll, describe, expect, it } from 'vitest'
import { REPLAYS } from './replays.ts'
import { FLOWS } from './schedules/flows.ts'
import { formatSchedule, parseSchedule } from './schedules/schedule.ts'
import { Tester } from './tester.ts'

/** A flow may take long where the machine has other work. */
const TIMEOUT_MS = 120_000

/** Always the same histories: chance is for `npm run simulate`. */
const SEED = 2026
const HISTORIES = 40

const tester = new Tester()

afterAll(() => {
  console.log(tester.summary())
})

describe('every fault at every call of a core flow', () => {
  for (const flow of FLOWS) {
    it(
      `violates no invariant: ${flow.name}, ${flow.faults} at once`,
      { timeout: TIMEOUT_MS },
      async () => {
        await tester.exhaust(flow, flow.faults)
        expect(tester.report()).toEqual([])
      },
    )
  }
})

describe('a history by chance', () => {
  it('violates no invariant', { timeout: TIMEOUT_MS }, async () => {
    await tester.wander(SEED, HISTORIES)
    expect(tester.report()).toEqual([])
  })
})

describe('a schedule that once violated an invariant', () => {
  it.each(Object.entries(REPLAYS))('%s', async (_, schedule) => {
    const { violations } = await tester.try(parseSchedule(schedule))
    expect(violations).toEqual([])
  })
})

describe('a poison delivery', () => {
  it('ends exhausted after a bounded number of lapses, when each attempt kills its process', async () => {
    const schedule = parseSchedule('room=0 | event@0 | 200 | consumer*.fetch1=crash')
    const { run, violations } = await tester.try(schedule)
    expect(violations).toEqual([])
    expect(run.tables.deliveries).toMatchObject([
      { status: 'exhausted', last_error: 'could not be processed', attempt_count: 0, lapses: 201 },
    ])
  })

  it('ends exhausted when its secret never opens, without using up an attempt (A4)', async () => {
    const schedule = parseSchedule('room=0 | event@0 | 200 | consumer*.vault1=refused')
    const { run, violations } = await tester.try(schedule)
    expect(violations).toEqual([])
    expect(run.tables.deliveries).toMatchObject([{ status: 'exhausted', attempt_count: 0 }])
  })
})

describe('formatSchedule', () => {
  it.each([...FLOWS.map(({ schedule }) => formatSchedule(schedule)), ...Object.values(REPLAYS)])(
    'writes what parseSchedule reads back: %s',
    (text) => {
      expect(formatSchedule(parseSchedule(text))).toBe(text)
    },
  )
})
