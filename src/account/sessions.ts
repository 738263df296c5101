// Dashboard sessions: begun with a live key, kept at the server, ended there.
import type { Alert } from '../db/account/alerts.ts'
import type { StopNote } from '../db/account/stops.ts'
import { createSessionToken, digestOfToken, readSessionOrg } from '../credentials/session-token.ts'
import {
  deleteSession,
  endSessionById,
  findSessionOwner,
  replaceSession,
  sessionIdOf,
} from '../db/account/sessions.ts'
import type { Actor } from '../db/audit.ts'
import { explainFault, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { grantOf, isLive } from './keys.ts'
import { readScopes, type Grant, type Scope } from './scopes.ts'

/** How long a session lasts, in seconds, at most and where nobody says: 12 hours. */
export const SESSION_S = 12 * 3600

/** Whom a session is begun for: a key and its org. */
type KeyOfOrg = { orgId: string; publicId: string }

/** Where a request came from, as the audit log has it. */
export type From = Pick<Actor, 'ip' | 'requestId'>

/** What begins or ends one: the pepper, the token that the browser had before, and where that is asked from. */
export type AskedSession = { pepper: string; token: string; from: From }

/**
 * Begins a session for a key and answers its token, the only copy. The one that the browser had before,
 * if any, ends: a token that someone planted there is worth nothing.
 */
export async function startSession(
  world: Pick<World, 'log' | 'now' | 'store'>,
  { orgId, publicId: keyPublicId }: KeyOfOrg,
  before: AskedSession,
): Promise<string> {
  const token = createSessionToken(orgId)
  const [digest, replaced] = await digestBoth(token, before)
  const createdAt = world.now()
  const session = { digest, keyPublicId, createdAt, expiresAt: createdAt + SESSION_S * 1000 }
  await replaceSession(world.store.of(orgId), { orgId, ...before.from }, session, replaced)
  await endOther(world, orgId, before)
  return token
}

/** The digests of a new token and of the one before. */
export function digestBoth(
  token: string,
  { token: before, pepper }: AskedSession,
): Promise<[string, string]> {
  return Promise.all([digestOfToken(token, pepper), digestOfToken(before, pepper)])
}

/** Another org's may be in another database; nobody waits at the door until that is in reach again. */
export async function endOther(
  world: Pick<World, 'log' | 'now' | 'store'>,
  orgId: string,
  before: AskedSession,
): Promise<void> {
  if (readSessionOrg(before.token) === orgId) return
  await endSession(world, before).catch((error: unknown) =>
    world.log({ event: 'session_not_ended', error: explainFault(error) }),
  )
}

/**
 * Who is signed in: the key by which, or the link and the key that made it; what they may do, and what the key
 * may hand on.
 */
export type SignedIn = {
  id: string
  orgId: string
  orgName: string
  keyId: string
  linkId: string | undefined
  scopes: readonly Scope[]
  grant: Grant
  alerts: Alert[]
  stops: StopNote[]
  toldStops: StopNote[]
}

/**
 * Whose session it is, in one round trip, and none for a text that is no token. It has ended when its
 * time is over, someone ended it, its key is no longer live (X4) or the pepper has changed.
 */
export async function findSession(
  { store, now }: Pick<World, 'now' | 'store'>,
  token: string,
  pepper: string,
): Promise<SignedIn | undefined> {
  const orgId = readSessionOrg(token)
  if (orgId === undefined) return undefined
  const digest = await digestOfToken(token, pepper)
  const owner = await findSessionOwner(store.of(orgId), orgId, digest, now())
  if (!owner || !isLive(owner.key, now())) return undefined
  const { key, linkId, scopes, orgName, alerts, stops, toldStops } = owner
  return {
    id: sessionIdOf(digest),
    orgId,
    orgName,
    keyId: key.publicId,
    linkId: linkId ?? undefined,
    scopes: linkId === null ? readScopes(key.scopes) : readScopes(scopes ?? []),
    grant: grantOf(key),
    alerts,
    stops,
    toldStops,
  }
}

/** Ends a session, in whatever tab or copy of its cookie. */
export async function endSession(
  { store, now }: Pick<World, 'now' | 'store'>,
  { token, pepper, from }: AskedSession,
): Promise<void> {
  const orgId = readSessionOrg(token)
  if (orgId === undefined) return
  const digest = await digestOfToken(token, pepper)
  await deleteSession(store.of(orgId), digest, { ...from, orgId, now: now() })
}

/** Ends somebody's session of the actor's org. @throws AppError `not_found`. */
export async function endSomebodys(
  { store, now }: Pick<World, 'now' | 'store'>,
  actor: Actor,
  id: string,
): Promise<void> {
  const isEnded = await endSessionById(store.of(actor.orgId), actor, id, now())
  if (!isEnded) throw notFound('session')
}
