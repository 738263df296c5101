// What came of one attempt, as data: a receiver's misbehaviour is never an exception.

const FAILURE_KINDS = ['timeout', 'dns', 'tls', 'connection', 'refused_target'] as const

/** Names of failures, those without a response first. */
export const ERROR_KINDS = [...FAILURE_KINDS, 'redirect', 'http_status'] as const

/** Names of failures without a response. */
export type FailureKind = (typeof FAILURE_KINDS)[number]

/** An answer of any status; the body is its beginning, as text. Durations are in ms. */
type ResponseOutcome = {
  kind: 'response'
  status: number
  headers: Record<string, string>
  body: string
  headersMs: number
  durationMs: number
}

/** No answer: what kind of failure, and a sentence for a person. */
export type FailureOutcome = { kind: FailureKind; message: string; durationMs: number }

/** What came of one attempt. */
export type Outcome = ResponseOutcome | FailureOutcome

/** What went wrong, by kind, in a person's words; null when nothing did. */
export type AttemptError = {
  kind: (typeof ERROR_KINDS)[number]
  message: string
} | null

/** Success is a status from 200 to 299 (A7). */
export function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === 'response' && outcome.status >= 200 && outcome.status <= 299
}

/** Why the attempt failed, short enough for a table's cell. */
export function explain(outcome: Outcome): AttemptError {
  if (isSuccess(outcome)) return null
  if (outcome.kind !== 'response') return { kind: outcome.kind, message: outcome.message }
  const { status } = outcome
  if (status < 300 || status > 399) return { kind: 'http_status', message: `HTTP ${status}` }
  return { kind: 'redirect', message: `HTTP ${status}: redirects are not followed` }
}

/** Longest postponement that a receiver may ask for: a day, in ms. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000

/**
 * How long a 429 or 503 asks us to wait, in ms; 0 when it does not, or not in a way that can be read.
 * Source: RFC 9110, section 10.2.3: seconds, or an HTTP date.
 */
export function retryAfterMs(outcome: Outcome, now: number): number {
  if (outcome.kind !== 'response' || (outcome.status !== 429 && outcome.status !== 503)) return 0
  const value = outcome.headers['retry-after']?.trim()
  if (!value) return 0
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS)
}
