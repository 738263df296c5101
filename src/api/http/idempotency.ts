// An Idempotency-Key at the door: read from the request, and told of when it gave the answer.
import type { Context } from 'hono'
import { routePath } from 'hono/route'
import { toHex } from '../../credentials/bytes.ts'
import type { Idempotency, Once } from '../../db/idempotency.ts'
import { invalidRequest } from '../../errors.ts'
import type { ApiEnv } from './context.ts'

/** Printable ASCII, as HTTP header values go without surprises. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/**
 * The Idempotency-Key of a request with the hash of what it asks, or undefined when it has none. Keys
 * belong to the caller's org, or to `scope`.
 * @throws AppError `invalid_request` when the key is not 1–255 printable ASCII characters.
 */
export async function readIdempotency(
  c: Context<ApiEnv>,
  scope: string = c.get('orgId'),
): Promise<Idempotency | undefined> {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return undefined
  if (!IDEMPOTENCY_KEY.test(key)) {
    const message = 'must be 1 to 255 printable ASCII characters without spaces'
    throw invalidRequest([{ path: 'Idempotency-Key', message }])
  }
  const asked = new Blob([describeTarget(c), await c.req.arrayBuffer()])
  const digest = await crypto.subtle.digest('SHA-256', await asked.arrayBuffer())
  return { scope, key, requestHash: toHex(new Uint8Array(digest)) }
}

/** The answer, which the headers say of that it was given before. */
export function answerOnce<Answer>(
  c: Context<ApiEnv>,
  { answer, isRepeated }: Once<Answer>,
): Answer {
  if (isRepeated) c.header('Idempotent-Replayed', 'true')
  return answer
}

/** The route and its ids, however a path spells them: upper case and percent signs ask the same. */
function describeTarget(c: Context<ApiEnv>): string {
  const ids = Object.values(c.req.param()).map((id) => id.toLowerCase())
  return `${c.req.method} ${routePath(c)} ${ids.join(' ')}\n`
}
