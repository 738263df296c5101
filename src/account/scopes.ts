// What somebody may do who is let in: the words for it, and which of them a portal link may have.
import { z } from 'zod'
import { AppError } from '../errors.ts'

/** All there are, each by itself: to send events, to look, to operate what is there, to manage it. */
export const SCOPES = ['send', 'read', 'operate', 'manage'] as const

/** One of SCOPES. */
export type Scope = (typeof SCOPES)[number]

/** What a key, or a session by it, may hand on: these scopes, until it ends, in Unix ms, null for never. */
export type Grant = { scopes: readonly Scope[]; expiresAt: number | null }

const NAMES = SCOPES.join(', ')

const KEY_HINT = `must be a list of scopes: ${NAMES}`

/** What a key lets do, each scope kept once. */
export const KeyScopes = z
  .array(z.enum(SCOPES, `must be one of ${NAMES}`), KEY_HINT)
  .min(1, `must not be empty: name some of ${NAMES}`)
  .transform((scopes): Scope[] => readScopes(scopes))

const HINT = 'must be ["read"] or ["read","operate"]'

/** What a portal link lets its holder do: to look is always part of it, to manage never. */
export const PortalScopes = z
  .array(z.enum(['read', 'operate'], 'must be one of read, operate'), HINT)
  .transform((scopes): Scope[] => SCOPES.filter((scope) => new Set<Scope>(scopes).has(scope)))
  .refine((scopes) => scopes.includes('read'), HINT)

/** Scopes as they were stored, null being all; what is no scope lets nobody do anything. */
export function readScopes(stored: readonly string[] | null): Scope[] {
  return SCOPES.filter((scope) => stored === null || stored.includes(scope))
}

/**
 * Has whoever makes a key or a link hand on no more than they have.
 * @throws AppError `insufficient_scope` naming what is theirs and what is not.
 */
export function refuseBeyond(own: readonly Scope[], asked: readonly Scope[]): void {
  const beyond = asked.filter((scope) => !own.includes(scope))
  if (beyond.length === 0) return
  const message = `What you make may have your own scopes (${own.join(', ')}), and not: ${beyond.join(', ')}.`
  throw insufficientScope(message, beyond)
}

/** A 403 for want of one of these scopes. Source: RFC 6750, section 3.1, for its header. */
export function insufficientScope(message: string, scopes: readonly Scope[]): AppError {
  const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`
  return new AppError('insufficient_scope', { message, headers: { 'WWW-Authenticate': challenge } })
}
