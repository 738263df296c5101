// Long histories by chance: what happens, who answers what, whose clock is off, and where faults hit.
import * as fc from 'fast-check'
import { FAULTS } from '../world/faults.ts'
import type { Try } from './explore.ts'
import { ACTIONS, ANSWERS, type Fault, type Schedule, type Step } from './schedule.ts'

/** A history, and where its faults go: each is placed in what happened with the ones before it. */
export type History = { schedule: Schedule; picks: { call: number; kind: number }[] }

/** Seconds from one step to the next: at once, while calls are under way, between retries, days. */
const GAPS_S = [0, 0, 0.005, 0.03, 0.06, 0.5, 1, 20, 61, 130, 400, 7300, 90_000, 1_500_000]

const SCHEDULES_S = [[60], [60, 300], [60, 300, 1800], [60, 300, 1800, 7200, 18000, 36000, 86400]]

/**
 * Once the org is deleted nothing is left to be judged by most invariants, and where an endpoint has a pace of its own
 * some are left out.
 */
const LASTING = ACTIONS.filter((action) => !['erase', 'limit', 'order'].includes(action))

/** Histories of up to 14 steps and 6 faults, over as much as months. */
export const histories: fc.Arbitrary<History> = fc.record({
  schedule: fc
    .record({
      waits: fc.constantFrom(...SCHEDULES_S),
      databases: fc.constantFrom(1, 1, 2),
      endpoints: fc.constantFrom(1, 1, 2, 3, 0),
      listened: fc.constantFrom(0, 0, 1),
      headers: fc.constantFrom(0, 0, 1),
      // What a replay makes of missed events goes by filters, of which its model knows nothing.
      filters: fc.constant(0),
      limit: fc.constant(0),
      order: fc.constant(0),
      calls: fc.constant(0),
      told: fc.constant(0),
      skew: fc.tuple(skewS(), skewS(), skewS()),
      disable: fc.constantFrom(10, 1, 2, 3),
      room: fc.constantFrom(256, 256, 2, 0),
      share: fc.constantFrom(1000, 1000, 2, 0),
      seed: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 99_999 })),
      steps: steps(),
      answers: fc.array(script(), { minLength: 1, maxLength: 3 }),
      faults: fc.constant<Fault[]>([]),
    })
    .map(withoutMix),
  picks: fc.array(fc.record({ call: fc.nat(999), kind: fc.nat(99) }), { maxLength: 6 }),
})

/** Runs a history with one fault more at a time, each run a schedule of its own; stops at `undefined`. */
export async function unfold({ schedule, picks }: History, tryOut: Try): Promise<void> {
  const faults: Fault[] = []
  for (const pick of [...picks, undefined]) {
    const run = await tryOut({ ...schedule, faults: [...faults] })
    const { trace = [] } = run?.history ?? {}
    const call = trace[(pick?.call ?? 0) % trace.length]
    if (!pick || !call) return
    const kinds = FAULTS[call.kind]
    faults.push({ call: call.name, kind: kinds[pick.kind % kinds.length] ?? kinds[0] })
  }
}

/** What is listened to is given no URL by any door, as a patch might. */
function withoutMix(schedule: Schedule): Schedule {
  const isPatched = schedule.steps.some(({ action }) => action === 'patch')
  return isPatched ? { ...schedule, listened: 0 } : schedule
}

function skewS(): fc.Arbitrary<number> {
  return fc.constantFrom(0, 0, 0, 45, -45, 300, -300)
}

function script(): fc.Arbitrary<Schedule['answers'][number]> {
  const answer = fc.constantFrom(...ANSWERS, '500' as const, '500' as const)
  return fc.array(answer, { minLength: 1, maxLength: 8 })
}

/** What is stopped, or has no turn, goes on after an hour, or nothing would ever come to rest. */
function liftsOf(timed: Step[]): Step[] {
  const ends = { stop: 'lift', crowd: 'calm' } as const
  return timed.flatMap(({ action, target, at }) =>
    action === 'stop' || action === 'crowd'
      ? { action: ends[action], target, at: Number(at) + 3600 }
      : [],
  )
}

function steps(): fc.Arbitrary<Step[]> {
  const step = fc.record({
    action: fc.constantFrom(...LASTING, 'event' as const, 'event' as const, 'click' as const),
    target: fc.integer({ min: 1, max: 4 }),
    gapS: fc.constantFrom(...GAPS_S),
  })
  return fc.array(step, { minLength: 1, maxLength: 14 }).map((all) => {
    const timed: Step[] = [{ action: 'event', target: 1, at: 0 }]
    let at = 0
    for (const { action, target, gapS } of all) {
      at = Math.round((at + gapS) * 1000) / 1000
      timed.push({ action, target, at })
    }
    return timed.concat(liftsOf(timed))
  })
}
