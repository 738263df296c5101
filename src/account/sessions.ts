// Dashboard sessions: begun with a live key, kept at the server, ended there.
import { createSessionToken, digestOfToken, isSessionToken } from '../credentials/session-token.ts'
import {
  deleteSession,
  findSessionOwner,
  replaceSession,
  type SessionOwner,
} from '../db/account/sessions.ts'
import type { World } from '../world.ts'
import { isLive } from './keys.ts'

/** How long a session lasts, in seconds: 12 hours. */
export const SESSION_S = 12 * 3600

/**
 * Begins a session for a key and answers its token, the only copy. The one that the browser had before,
 * if any, ends: a token that someone planted there is worth nothing.
 */
export async function startSession(
  { store, now }: Pick<World, 'now' | 'store'>,
  keyPublicId: string,
  pepper: string,
  before: string,
): Promise<string> {
  const token = createSessionToken()
  const [digest, replaced] = await Promise.all([
    digestOfToken(token, pepper),
    digestOfToken(before, pepper),
  ])
  const createdAt = now()
  const session = { digest, keyPublicId, createdAt, expiresAt: createdAt + SESSION_S * 1000 }
  await replaceSession(store.shared, session, replaced)
  return token
}

/**
 * Whose session it is, in one round trip, and none for a text that is no token. It has ended when its
 * time is over, someone signed out, its key is no longer live (X4) or the pepper has changed.
 */
export async function findSession(
  { store, now }: Pick<World, 'now' | 'store'>,
  token: string,
  pepper: string,
): Promise<SessionOwner | undefined> {
  if (!isSessionToken(token)) return undefined
  const owner = await findSessionOwner(store.shared, await digestOfToken(token, pepper), now())
  return owner && isLive(owner.key, now()) ? owner : undefined
}

/** Ends a session, in whatever tab or copy of its cookie. */
export async function endSession(
  { store }: Pick<World, 'store'>,
  token: string,
  pepper: string,
): Promise<void> {
  if (isSessionToken(token)) await deleteSession(store.shared, await digestOfToken(token, pepper))
}
