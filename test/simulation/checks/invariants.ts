// Every invariant by its name, and what a run did against them.
import type { Hmac } from '../outside/chance.ts'
import { isErased, isLimited } from '../schedules/schedule.ts'
import type { Run } from '../world/run.ts'
import { C8, D8, S6, S7, U1 } from './acts.ts'
import * as attempts from './attempts.ts'
import * as disabling from './disabling.ts'
import * as durability from './durability.ts'
import { L4 } from './erasing.ts'
import { Evidence, type Check } from './evidence.ts'
import { P7 } from './forgetting.ts'
import { H1 } from './listening.ts'
import { A10 } from './logging.ts'
import { Y8 } from './missed.ts'
import { M1, M2, M3, M4, M5 } from './moving.ts'
import { O1, O2, O3 } from './ordering.ts'
import { X10 } from './own-headers.ts'
import { makeP4, P1, P2, P3, P5, P6 } from './payload.ts'
import { Y6 } from './copying.ts'
import { A9, C7 } from './recording.ts'
import { R7 } from './pacing.ts'
import { R6 } from './sharing.ts'
import { Y1, Y2, Y3, Y4, Y5 } from './replaying.ts'
import * as states from './states.ts'
import { Y7 } from './stepping.ts'
import { X8 } from './crowding.ts'
import { N1 } from './telling.ts'
import { C9 } from './stopping.ts'
import { T1 } from './sweeping.ts'
import { T2, T3, T4 } from './timing.ts'
import { L1, L2, L3 } from './upkeep.ts'

/** A run did something against an invariant. */
export type Violation = { invariant: string; detail: string }

/** The invariants, by name. */
export function invariants(hmac: Hmac): Record<string, Check> {
  const { D1, D2, D3, D4, D5, D6, D7 } = durability
  const { A1, A2, A3, A4, A5, A6, A7, A8 } = attempts
  const { S1, S2, S3, S4, S5 } = states
  const { C1, C2, C3, C4, C5, C6 } = disabling
  const durable = { D1, D2, D3, D4, D5, D6, D7, D8, T1, T2, T3, T4 }
  const ordered = { A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, S1, S2, S3, S4, S5, S6, S7 }
  const open = { C1, C2, C3, C4, C5, C6, C7, C8, C9 }
  const lasting = { H1, L1, L2, L3, L4, U1, M1, M2, M3, M4, M5, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8 }
  return {
    ...durable,
    ...ordered,
    ...open,
    ...lasting,
    P1,
    P2,
    P3,
    P4: makeP4(hmac),
    P5,
    P6,
    P7,
    R6,
    R7,
    O1,
    O2,
    O3,
    X8,
    X10,
    N1,
  }
}

/** What is judged where the org is deleted: the others say what becomes of what is there. */
const WITHOUT_AN_ORG = new Set(['L4'])

/** What has a model that knows nothing of an endpoint's own pace: R7 says what becomes of it there. */
const WITHOUT_A_PACE = new Set(['A9', 'C7', 'R6', 'T2', 'T3', 'T4'])

/** Looks for violations of every invariant. */
export function check(run: Run, checks: Record<string, Check>): Violation[] {
  const evidence = new Evidence(run)
  const judged = Object.entries(checks).filter(
    ([invariant]) =>
      (!isErased(run.schedule) || WITHOUT_AN_ORG.has(invariant)) &&
      !(isLimited(run.schedule) && WITHOUT_A_PACE.has(invariant)),
  )
  return judged.flatMap(([invariant, holds]) =>
    holds(evidence).map((detail) => ({ invariant, detail })),
  )
}
