// Every invariant by its name, and what a run did against them.
import type { Hmac } from '../outside/chance.ts'
import type { Run } from '../world/run.ts'
import { C8, D8, S6, U1 } from './acts.ts'
import * as attempts from './attempts.ts'
import * as disabling from './disabling.ts'
import * as durability from './durability.ts'
import { Evidence, type Check } from './evidence.ts'
import { A10 } from './logging.ts'
import { makeP4, P1, P2, P3, P5, P6 } from './payload.ts'
import { A9, C7 } from './recording.ts'
import * as states from './states.ts'
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
  const ordered = { A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, S1, S2, S3, S4, S5, S6 }
  const open = { C1, C2, C3, C4, C5, C6, C7, C8 }
  const lasting = { L1, L2, L3, U1 }
  return { ...durable, ...ordered, ...open, ...lasting, P1, P2, P3, P4: makeP4(hmac), P5, P6 }
}

/** Looks for violations of every invariant. */
export function check(run: Run, checks: Record<string, Check>): Violation[] {
  const evidence = new Evidence(run)
  return Object.entries(checks).flatMap(([invariant, holds]) =>
    holds(evidence).map((detail) => ({ invariant, detail })),
  )
}
