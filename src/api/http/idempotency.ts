// An Idempotency-Key at the door: read from the request, and told of when it gave the answer.
import type { Context } from 'hono'
import { routePath } from 'hono/route'
import { toHex } from '../../credentials/bytes.ts'
import type { Idempotency, Once } from '../../db/idempotency.ts'
import { isUuid } from '../../db/ids.ts'
import type { ApiEnv } from './context.ts'

/**
 * The Idempotency-Key of a request, which has passed the schema, with the hash of what it asks, or undefined
 * when it has none. Keys belong to the caller's org, or to `scope`.
 */
export async function readIdempotency(
  c: Context<ApiEnv>,
  scope: string = c.get('orgId'),
): Promise<Idempotency | undefined> {
  const key = c.req.header('Idempotency-Key')
  if (key === undefined) return undefined
  const asked = new Blob([describeTarget(c), await c.req.arrayBuffer()])
  const digest = await crypto.subtle.digest('SHA-256', await asked.arrayBuffer())
  return { scope, key, requestHash: toHex(new Uint8Array(digest)) }
}

/**
 * The same where the answer is a key or a link, which another key's request, with the same Idempotency-Key, is
 * not to be given: it may have less scope.
 */
export async function readOwnIdempotency(c: Context<ApiEnv>): Promise<Idempotency | undefined> {
  const idempotency = await readIdempotency(c)
  if (!idempotency) return undefined
  return { ...idempotency, requestHash: `${idempotency.requestHash} ${c.get('keyId')}` }
}

/** The answer, which the headers say of that it was given before. */
export function answerOnce<Answer>(
  c: Context<ApiEnv>,
  { answer, isRepeated }: Once<Answer>,
): Answer {
  if (isRepeated) c.header('Idempotent-Replayed', 'true')
  return answer
}

/** The route and its ids, however a path spells them: upper case and percent signs ask the same, but for what is no UUID. */
function describeTarget(c: Context<ApiEnv>): string {
  const ids = Object.values(c.req.param()).map((id) => {
    const lower = id.toLowerCase()
    return isUuid(lower) ? lower : id
  })
  return `${c.req.method} ${routePath(c)} ${ids.join(' ')}\n`
}
