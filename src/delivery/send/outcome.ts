// What came of one attempt, as data: a receiver's misbehaviour is never an exception.
import type { Answer } from './answer.ts'

const FAILURE_KINDS = ['timeout', 'dns', 'tls', 'connection', 'refused_target'] as const

/** Those that somebody else may tell of: nothing was refused by us. */
export const TELLABLE_FAILURES = ['timeout', 'dns', 'tls', 'connection'] as const

/** Names of failures, those without a response first. */
export const ERROR_KINDS = [...FAILURE_KINDS, 'redirect', 'http_status'] as const

/** Names of failures without a response. */
export type FailureKind = (typeof FAILURE_KINDS)[number]

/** An answer of any status. Durations are in ms. */
type ResponseOutcome = Answer & { kind: 'response'; durationMs: number }

/**
 * No answer of the receiver's: what kind of failure, and a sentence for a person. When the platform
 * answered in its place, that is the `answer`.
 */
export type FailureOutcome = {
  kind: FailureKind
  message: string
  durationMs: number
  answer?: Answer
}

/** What came of one attempt. */
export type Outcome = ResponseOutcome | FailureOutcome

/** What went wrong, by kind, in a person's words; null when nothing did. */
export type AttemptError = {
  kind: (typeof ERROR_KINDS)[number]
  message: string
} | null

/** What came back, whoever answered; undefined when nothing did. */
export function answerOf(outcome: Outcome): Answer | undefined {
  return outcome.kind === 'response' ? outcome : outcome.answer
}

/** Success is a status from 200 to 299 (A7). */
export function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === 'response' && outcome.status >= 200 && outcome.status <= 299
}

/** Statuses that lead elsewhere. Source: RFC 9110, section 15.4; 304, 305 and 306 are none. */
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Why the attempt failed, short enough for a table's cell. */
export function explain(outcome: Outcome): AttemptError {
  if (isSuccess(outcome)) return null
  if (outcome.kind !== 'response') return { kind: outcome.kind, message: outcome.message }
  const { status } = outcome
  if (!REDIRECTS.has(status)) return { kind: 'http_status', message: `HTTP ${status}` }
  return { kind: 'redirect', message: `HTTP ${status}: redirects are not followed` }
}
