// Who is calling: an org's API key, or the operator's token.
import type { Context, MiddlewareHandler } from 'hono'
import { findLiveKey, isSameKey, noteUse, readKey } from '../../account/keys.ts'
import { parseApiKey } from '../../credentials/api-key.ts'
import { digestOf, isSameDigest } from '../../credentials/digest.ts'
import type { ApiKey } from '../../db/account/api-keys.ts'
import type { Actor } from '../../db/audit.ts'
import { guardDatabase } from '../../db/guard.ts'
import { createStore } from '../../db/store.ts'
import { AppError } from '../../errors.ts'
import { addressGroup, countInBlocks, describePolicy, enforceLimit } from '../../limits.ts'
import type { ApiEnv } from './context.ts'
import { nothingHere } from './problem.ts'

/** The operator's name in the audit log. */
const OPERATOR = 'admin'

/** Keys that an isolate keeps in mind, at most. */
const MAX_KNOWN_KEYS = 1000

/**
 * Finds the caller's org by its key: in one indexed read for a key that is new here, in none of its own
 * for one that was seen before. Only what never changes of a key is remembered; that it is still live is
 * asked on every request, in the transaction of each of its calls to the database, or of a group that
 * does its work, so a revoked key fails on its next request (X4). Every refusal is the same 401.
 */
export function authenticate(): MiddlewareHandler<ApiEnv> {
  const known = new Map<string, ApiKey>()
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
    const guard = guardDatabase(world.store.of(key.orgId), key, world.now(), refused)
    c.set('world', { ...world, store: createStore(guard.db) })
    c.set('caller', { line: key.keyHash, leaveAskingTo: guard.leaveTo })
    await enforceKeyLimit(world, publicId)
    c.set('orgId', key.orgId)
    c.set('keyId', publicId)
    await next()
    known.delete(publicId)
    if (isKnown) await guard.verify()
    remember(known, noteUse(world, key))
    if (c.res.status !== 429) c.header('RateLimit-Policy', describePolicy('api_key'))
  }
}

/** Lets the operator in. Where no ADMIN_TOKEN is set there is no /admin: 404, like any other path. */
export function authenticateOperator(): MiddlewareHandler<ApiEnv> {
  return async function requireOperator(c, next) {
    if (!c.env.ADMIN_TOKEN) throw nothingHere()
    if (!(await isOperatorsToken(c, bearerToken(c)))) throw await refusal(c)
    c.set('keyId', OPERATOR)
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
  if (!(await isOperatorsToken(c, token))) throw await refusal(c)
  return true
}

async function isOperatorsToken({ env }: Context<ApiEnv>, token: string): Promise<boolean> {
  const { ADMIN_TOKEN: expected, API_KEY_PEPPER: pepper } = env
  if (!expected) return false
  // Digests have one length, which a comparison in constant time needs.
  const [given, wanted] = await Promise.all([digestOf(token, pepper), digestOf(expected, pepper)])
  return isSameDigest(given, wanted)
}

/** The caller as the audit log names it, in its own org, or for the operator in the given one. */
export function actorOf(c: Context<ApiEnv>, orgId: string = c.get('orgId')): Actor {
  const ip = c.req.header('CF-Connecting-IP') ?? null
  return { orgId, name: c.get('keyId'), ip, requestId: c.get('requestId') }
}

function bearerToken(c: Context<ApiEnv>): string {
  return /^Bearer +(\S+)$/i.exec(c.req.header('Authorization')?.trim() ?? '')?.[1] ?? ''
}

/** The one that was used longest ago makes room. */
function remember(known: Map<string, ApiKey>, key: ApiKey): void {
  const [oldest] = known.keys()
  if (oldest !== undefined && known.size >= MAX_KNOWN_KEYS) known.delete(oldest)
  known.set(key.publicId, key)
}

/** Every refusal is the same, until there are too many from one address. */
async function refusal(c: Context<ApiEnv>): Promise<AppError> {
  const ip = c.req.header('CF-Connecting-IP') ?? null
  await enforceLimit(c.get('world'), 'auth_failures', addressGroup(ip))
  return refused()
}

function refused(): AppError {
  return new AppError('invalid_api_key', { headers: { 'WWW-Authenticate': 'Bearer' } })
}
