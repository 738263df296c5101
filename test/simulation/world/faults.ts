// What may go wrong at a call that leaves the process, and when.
import { VaultError } from '../../../src/credentials/vault.ts'

/**
 * The faults of each kind of call. Of any call: `refused` (it fails before), `lost` (it fails after
 * having worked), `crash` and `crashed` (the process dies before, after), `stall` (the answer is late).
 * - db: `reset` and `unseen` are `refused` and `lost` in words after which D1 may be asked again;
 *   `overload`; `late` (it takes effect late); `down` (after it all of the isolate die: who leads, and
 *   whoever is led, is stored for or recorded for).
 * - send: the messages are accepted and then dropped, doubled, delayed; or `purge`, everything in the
 *   queues is lost.
 * - cron: a tick that is missed, late, doubled.
 * - vault: a secret does not open.
 */
export const FAULTS = {
  db: [
    'refused',
    'lost',
    'reset',
    'unseen',
    'overload',
    'crash',
    'crashed',
    'down',
    'late',
    'stall',
  ],
  send: ['refused', 'lost', 'crash', 'crashed', 'stall', 'drop', 'double', 'delay', 'purge'],
  fetch: ['refused', 'lost', 'crash', 'crashed', 'stall'],
  cron: ['missed', 'late', 'doubled'],
  vault: ['refused'],
} as const

/** The kinds of calls that leave the process, cron's being the one that enters it. */
export type CallKind = keyof typeof FAULTS

/** Longer than a lease, so that the sweep comes in between. */
export const LATE_MS = 150_000

/** A delayed message arrives after so many ms. */
export const DELAY_MS = 600_000

/** A tick that is late overlaps the next one. */
export const LATE_TICK_MS = 60_000

/** The real texts, or the nearest to them. */
const D1_ERRORS: Record<string, string> = {
  refused: 'D1_ERROR: internal error; reference = 0123456789abcdef',
  lost: 'D1_ERROR: internal error; reference = 0123456789abcdef',
  reset: 'D1_ERROR: D1 DB reset because its code was updated.',
  unseen: 'D1_ERROR: Network connection lost.',
  overload: 'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
}

/** The error that a call gives under a fault, or undefined when it gives none. */
export function errorOf(kind: CallKind, fault: string | undefined): Error | undefined {
  if (fault === undefined) return undefined
  if (kind === 'db') return D1_ERRORS[fault] ? new Error(D1_ERRORS[fault]) : undefined
  if (fault !== 'refused' && fault !== 'lost') return undefined
  if (kind === 'send') return new Error('Queue is overloaded. Please back off.')
  if (kind === 'fetch') return new TypeError('Network connection lost.')
  return new VaultError('The secret does not open under key "main".')
}

/** Whether the call has no effect under a fault. */
export function isWithoutEffect(fault: string | undefined): boolean {
  return fault === 'refused' || fault === 'reset' || fault === 'overload' || fault === 'crash'
}

/** How long an answer is late: a receiver stays within its time, a database outlasts a lease. */
export function stallMs(kind: CallKind): number {
  return kind === 'fetch' ? 9000 : LATE_MS
}

type Settle<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void

/** Does what a call does, and says how it is to be settled later. */
export async function outcomeOf<T>(effect: () => T | Promise<T>): Promise<Settle<T>> {
  try {
    const value = await effect()
    return (resolve) => resolve(value)
  } catch (error) {
    return (_, reject) => reject(error)
  }
}
