// A delivery's state in words: which word and which colour it has is decided here, and nowhere else.
import { DISCARDED } from '../../db/lifecycle/ended.ts'
import type { DeliveryNow } from '../../db/views/browse.ts'
import { lastAttemptOf } from '../../db/views/last-attempt.ts'
import type { BadgeKind } from './parts.tsx'

/** What of a delivery its words are made of. */
export type DeliveryFacts = Pick<
  DeliveryNow,
  'status' | 'isManual' | 'parkedAs' | 'waitingFor' | 'lastError' | 'lastResponseStatus'
>

/** The badge: green for what arrived, red for what did not and is over, amber for what goes on. */
export function badgeOf(facts: DeliveryFacts): { kind: BadgeKind; name: string } {
  const { status, parkedAs, waitingFor, isManual, lastError } = facts
  if (status === 'delivered') return { kind: 'ok', name: 'Delivered' }
  if (status === 'exhausted') {
    return lastError === DISCARDED
      ? { kind: 'plain', name: 'Discarded' }
      : { kind: 'bad', name: 'Exhausted' }
  }
  if (parkedAs !== null) return { kind: 'wait', name: PARKED[parkedAs].name }
  if (waitingFor !== null) return { kind: 'wait', name: BEHIND.name }
  if (isManual) return { kind: 'wait', name: 'Redelivering' }
  return { kind: 'wait', name: lastAttemptOf(facts) === 'failed' ? 'Retrying' : 'Pending' }
}

/** How a parked delivery is called, and what it waits for. */
export const PARKED = {
  held: { name: 'Held', reason: 'endpoint disabled' },
  stopped: { name: 'Stopped', reason: 'by the operator' },
  paced: { name: 'Paced', reason: 'waits its turn' },
  offered: { name: 'Offered', reason: 'to whoever listens' },
}

/** The same of one that waits for another of its call. */
export const BEHIND = { name: 'Waiting', reason: 'for the one before it of its call' }

/** The last result in a few words; `isEarlier`: another attempt is asked for since. Undefined: none yet. */
export function resultOf(facts: DeliveryFacts): { text: string; isEarlier: boolean } | undefined {
  const { status, isManual, lastError, lastResponseStatus } = facts
  const answer = lastAttemptOf(facts) === 'succeeded' ? `HTTP ${lastResponseStatus}` : undefined
  // An attempt that something had overtaken may have failed after the one that delivered.
  if (status === 'delivered') return { text: answer ?? 'delivered', isEarlier: false }
  if (status === 'exhausted') return toResult(lastError, false)
  return toResult(answer ?? lastError, isManual || answer !== undefined)
}

function toResult(text: string | null, isEarlier: boolean) {
  return text === null ? undefined : { text, isEarlier }
}

/** Whether `lastError` is from before the last attempt, or before one that was asked for since. */
export function isErrorEarlier(facts: DeliveryFacts): boolean {
  if (facts.status === 'exhausted') return false
  return facts.status === 'delivered' || facts.isManual || lastAttemptOf(facts) === 'succeeded'
}

/** So many of a limit: `3 of 10`; where they are more than that, the limit says nothing: `12`. */
export function outOf(count: number, most: number): string {
  return count <= most ? `${count} of ${most}` : String(count)
}
