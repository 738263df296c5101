// Who is calling: an org's API key, or the operator's token.
import type { Context, MiddlewareHandler } from 'hono'
import { hashApiKey, isSameDigest, parseApiKey } from '../credentials/api-key.ts'
import { findApiKey, touchApiKey, type ApiKey } from '../db/orgs.ts'
import { AppError } from '../errors.ts'
import type { ApiEnv } from './context.ts'

/** `last_used_at` is as exact as this many ms: noting every use would cost a row written a request. */
const LAST_USE_GRAIN_MS = 3600 * 1000

/**
 * Finds the caller's org by its key, in one indexed read, and none for a text that is no key at all.
 * Nothing is remembered between requests, so a revoked key fails on its next one (X4). Every refusal
 * is the same 401.
 */
export function authenticate(): MiddlewareHandler<ApiEnv> {
  return async function requireKey(c, next) {
    const key = bearerToken(c)
    const parts = parseApiKey(key)
    if (!parts) throw refused()
    const engine = c.get('engine')
    const now = engine.now()
    const [stored, digest] = await Promise.all([
      findApiKey(engine.db, parts.publicId),
      hashApiKey(key, c.env.API_KEY_PEPPER),
    ])
    if (!stored || !isSameDigest(stored.keyHash, digest) || !isLive(stored, now)) throw refused()
    if (now - (stored.lastUsedAt ?? 0) >= LAST_USE_GRAIN_MS) {
      engine.defer(touchApiKey(engine.db, stored.publicId, now))
    }
    c.set('orgId', stored.orgId)
    c.set('keyId', stored.publicId)
    await next()
  }
}

/** Lets the operator in. Where no ADMIN_TOKEN is set there is no /admin: 404, like any other path. */
export function authenticateOperator(): MiddlewareHandler<ApiEnv> {
  return async function requireOperator(c, next) {
    const { ADMIN_TOKEN: expected, API_KEY_PEPPER: pepper } = c.env
    if (!expected) return c.notFound()
    // Digests have one length, which a comparison in constant time needs.
    const [given, wanted] = await Promise.all([
      hashApiKey(bearerToken(c), pepper),
      hashApiKey(expected, pepper),
    ])
    if (!isSameDigest(given, wanted)) throw refused()
    return next()
  }
}

function bearerToken(c: Context<ApiEnv>): string {
  return /^Bearer +(\S+)$/i.exec(c.req.header('Authorization')?.trim() ?? '')?.[1] ?? ''
}

function isLive({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}

function refused(): AppError {
  return new AppError('invalid_api_key', { headers: { 'WWW-Authenticate': 'Bearer' } })
}
