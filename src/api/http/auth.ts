// Who is calling: an org's API key, or the operator's token.
import type { Context, MiddlewareHandler } from 'hono'
import { findLiveKey, grantOf, isSameKey, noteUse, readKey } from '../../account/keys.ts'
import { parseApiKey } from '../../credentials/api-key.ts'
import { digestOf, isSameDigest } from '../../credentials/digest.ts'
import { listOperatorTokens } from '../../credentials/operator-secrets.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { ApiKey } from '../../db/account/api-keys.ts'
import type { Actor } from '../../db/audit.ts'
import { guardDatabase } from '../../db/guard.ts'
import { AppError, OPERATOR_ASKED } from '../../errors.ts'
import {
  addressGroup,
  countInBlocks,
  describePolicy,
  enforceLimit,
  refuseShutOut,
  shutOut,
} from '../../limits.ts'
import { describeQuota, mostOf } from '../../quotas.ts'
import type { World } from '../../world.ts'
import type { ApiEnv } from './context.ts'
import { nothingHere } from './problem.ts'

/** Keys that an isolate keeps in mind, at most. */
const MAX_KNOWN_KEYS = 1000

/**
 * Finds the caller's org by its key: in one indexed read for a key that is new here, in none of its own
 * for one that was seen before. Only what never changes of a key is remembered; that it is still live is
 * asked on every request, in the transaction of each of its calls to the database, or of a group that
 * does its work, so a revoked key fails on its next request (X4). Every refusal is the same 401.
 */
export function authenticate(): MiddlewareHandler<ApiEnv> {
  const known = new BoundedMap<ApiKey>(MAX_KNOWN_KEYS)
  const enforceKeyLimit = countInBlocks('api_key')
  return async function requireKey(c, next) {
    const presented = await readKey(bearerToken(c), c.env.API_KEY_PEPPER)
    if (!presented) throw await refusal(c)
    const { publicId } = presented
    const world = c.get('world')
    const seen = known.get(publicId)
    const isKnown = seen !== undefined && isSameKey(seen, presented)
    const key = isKnown ? seen : await findLiveKey(world, presented)
    if (!key) throw await refusal(c)
    const now = world.now()
    const guard = guardDatabase(world.store.of(key.orgId), key, now, refused)
    const ofBoth = () => guardDatabase(world.store.ofBoth(key.orgId), key, now, refused).db
    // What the service does behind the answer, for all orgs alike, does not depend on this key.
    c.set('world', { ...world, store: { ...world.store, of: () => guard.db, ofBoth } })
    c.set('caller', { line: key.keyHash, leaveAskingTo: guard.leaveTo })
    await enforceKeyLimit(world, publicId)
    c.set('orgId', key.orgId)
    c.set('keyId', publicId)
    c.set('grant', grantOf(key))
    await next()
    known.delete(publicId)
    if (isKnown) await guard.verify()
    known.set(publicId, noteUse(world, key))
    if (c.res.status !== 429) c.res.headers.set('RateLimit-Policy', policiesOf(world, key.orgId))
  }
}

/** What a key and its org are counted by, as far as this isolate knows the org's own figures. */
function policiesOf({ isolate }: Pick<World, 'isolate'>, orgId: string): string {
  const own = isolate.ownQuotas.get(orgId) ?? {}
  const quotas = (['events_per_minute', 'events_per_day'] as const).map((quota) =>
    describeQuota(quota, mostOf(quota, own)),
  )
  return [describePolicy('api_key'), ...quotas].join(', ')
}

/**
 * Lets the operator in, by the name of the token. Where none is set there is no /admin: 404, like any other path.
 * From where wrong tokens came too often the right one is refused for a while as well, so that whoever guesses does
 * not learn that one was right.
 */
export function authenticateOperator(): MiddlewareHandler<ApiEnv> {
  return async function requireOperator(c, next) {
    if (listOperatorTokens(c.env).length === 0) throw nothingHere()
    const name = await findOperator(c, bearerToken(c))
    if (name === undefined) throw await refusal(c, OPERATOR_ASKED)
    c.set('keyId', name)
    return next()
  }
}

/**
 * Whether the operator asks, on a route that is there for anybody. An API key makes nobody the operator;
 * any other token is a guess, and refused like one.
 * @throws AppError `invalid_api_key`, `rate_limited`, before anything is read.
 */
export async function isOperator(c: Context<ApiEnv>): Promise<boolean> {
  const token = bearerToken(c)
  if (token === '' || parseApiKey(token)) return false
  if ((await findOperator(c, token)) === undefined) throw await refusal(c, OPERATOR_ASKED)
  return true
}

/**
 * Whose token it is, and nobody's from where wrong ones came too often. Each is compared, and digests have
 * one length, which a comparison in constant time needs.
 * @throws AppError `rate_limited`.
 */
async function findOperator(c: Context<ApiEnv>, given: string): Promise<string | undefined> {
  const { env } = c
  refuseShutOut(c.get('world'), addressOf(c))
  const digest = await digestOf(given, env.API_KEY_PEPPER)
  const judged = await Promise.all(
    listOperatorTokens(env).map(async ({ name, token }) =>
      isSameDigest(digest, await digestOf(token, env.API_KEY_PEPPER)) ? [name] : [],
    ),
  )
  return judged.flat()[0]
}

/** The caller as the audit log names it, in its own org, or for the operator in the given one. */
export function actorOf(c: Context<ApiEnv>, orgId: string = c.get('orgId')): Actor {
  const ip = c.req.header('CF-Connecting-IP') ?? null
  return { orgId, name: c.get('keyId'), ip, requestId: c.get('requestId') }
}

function bearerToken(c: Context<ApiEnv>): string {
  return /^Bearer +(\S+)$/i.exec(c.req.header('Authorization')?.trim() ?? '')?.[1] ?? ''
}

/** Every refusal of a route is the same, until there are too many from one address. */
async function refusal(c: Context<ApiEnv>, message?: string): Promise<AppError> {
  const address = addressOf(c)
  await enforceLimit(c.get('world'), 'auth_failures', address).catch((error: unknown) => {
    shutOut(c.get('world'), address)
    throw error
  })
  return refused(message)
}

function addressOf(c: Context<ApiEnv>): string {
  return addressGroup(c.req.header('CF-Connecting-IP') ?? null)
}

function refused(message?: string): AppError {
  const headers = { 'WWW-Authenticate': 'Bearer' }
  return new AppError('invalid_api_key', { headers, ...(message !== undefined && { message }) })
}
