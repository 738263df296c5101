// What was done once: now, or by an earlier request with the same Idempotency-Key.
import type { IdempotencyRecord, KeyUse } from '../db/idempotency.ts'
import { AppError } from '../errors.ts'

/** An Idempotency-Key as a request brings it: whose it is, and the SHA-256 of what is asked. */
export type Idempotency = Omit<KeyUse, 'token'>

/** An answer, and whether it is an earlier request's, given again. */
export type Once<Answer> = { answer: Answer; isRepeated: boolean }

/**
 * What an earlier request with this one's key kept of its answer, parsed; undefined when there was none,
 * so that what this one did, or did not, is the answer.
 * @throws AppError `idempotency_key_reused` when the earlier one asked something else.
 */
export function firstAnswer(
  record: IdempotencyRecord | undefined,
  request: (Idempotency & { token?: string }) | undefined,
): unknown {
  if (!record || !request || record.token === request.token) return undefined
  if (record.requestHash !== request.requestHash) throw new AppError('idempotency_key_reused')
  return JSON.parse(record.snapshot)
}
