// Portal links: each signs somebody in once who has no API key, to do what it says.
import { z } from 'zod'
import {
  createPortalToken,
  digestOfPortalToken,
  readPortalToken,
} from '../credentials/portal-token.ts'
import { createSessionToken } from '../credentials/session-token.ts'
import {
  createPortalLink,
  findPortalLink,
  readKeptLink,
  takePortalLink,
  type KeptPortalLink,
  type OfferedLink,
} from '../db/account/portal-links.ts'
import type { Actor } from '../db/audit.ts'
import { findFirst, once, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { BY_LINK } from '../db/openers.ts'
import { openSecret, type SecretOpener } from '../delivery/attempt/open-secret.ts'
import type { World } from '../world.ts'
import type { Scope } from './scopes.ts'
import { digestBoth, endOther, SESSION_S, type AskedSession } from './sessions.ts'

/** How long a link can be used, in seconds, at most and where nobody says: ten minutes. */
export const LINK_S = 600

/** For how long a link is good, in seconds. */
export const LinkSeconds = seconds(1, LINK_S)

/** How long a link's session lasts, in seconds. */
export const SessionSeconds = seconds(60, SESSION_S)

/** What a link is asked with; times are in seconds. `keyId` is the key's that makes it. */
export type WantedLink = { scopes: Scope[]; linkS: number; sessionS: number; keyId: string }

/** A link as it is handed out, its token the only copy but for a sealed one that an Idempotency-Key keeps. */
export type MadeLink = { id: string; scopes: string[]; expiresAt: number; token: string }

/** What a link is made with. */
type Making = { pepper: string; idempotency?: Idempotency | undefined }

/**
 * Makes a link. The same Idempotency-Key and request answer the same one.
 * @throws AppError `idempotency_key_reused`.
 */
export async function makePortalLink(
  world: SecretOpener,
  actor: Actor,
  { scopes, linkS, sessionS, keyId }: WantedLink,
  { pepper, idempotency: request }: Making,
): Promise<Once<MadeLink>> {
  const { orgId } = actor
  const again = await findFirst(world.store, request, world.now(), readKeptLink)
  if (again) return { answer: await openKept(world, orgId, again), isRepeated: true }
  const now = world.now()
  const id = newId(now)
  const token = createPortalToken(orgId, id)
  const expiresAt = now + linkS * 1000
  const answer = { id, scopes, expiresAt, token }
  const digest = await digestOfPortalToken(token, pepper)
  const idempotency = request && {
    request,
    kept: { id, scopes, expiresAt, sealed: await world.vault.seal(token, placeOf(orgId, id)) },
  }
  const link = {
    orgId,
    id,
    digest,
    scopes,
    keyPublicId: keyId,
    sessionMs: sessionS * 1000,
    createdAt: now,
    expiresAt,
    usedAt: null,
  }
  // The longest session of a link that was made then is over.
  const storing = { forgetBefore: now - (LINK_S + SESSION_S) * 1000, idempotency }
  const first = await createPortalLink(world.store.of(orgId), actor, link, storing)
  return once(
    first,
    (kept) => openKept(world, orgId, kept),
    () => answer,
  )
}

async function openKept(
  world: SecretOpener,
  orgId: string,
  { id, scopes, expiresAt, sealed }: KeptPortalLink,
): Promise<MadeLink> {
  const token = await openSecret(world, { orgId, ownerId: orgId, id, sealed })
  return { id, scopes, expiresAt, token }
}

/** Where a token that is kept for a repetition belongs, for the vault. */
function placeOf(orgId: string, id: string) {
  return { orgId, ownerId: orgId, secretId: id }
}

/** Why a link does not sign in. */
export type LinkFault = 'unknown' | 'used' | 'expired' | 'revoked'

/** What there is to say of a link, without using it: the link, or why it is none any more. */
export async function offerPortalLink(
  { store, now }: Pick<World, 'now' | 'store'>,
  token: string,
  pepper: string,
): Promise<OfferedLink | LinkFault> {
  const named = readPortalToken(token)
  if (!named) return 'unknown'
  const { orgId, linkId: id } = named
  const digest = await digestOfPortalToken(token, pepper)
  const link = await findPortalLink(store.of(orgId), { orgId, id, digest }, now())
  if (!link) return 'unknown'
  if (link.usedAt !== null) return 'used'
  if (!link.isKeyLive) return 'revoked'
  return link.expiresAt > now() ? link : 'expired'
}

/** A session that a link has begun. */
export type BegunByLink = { token: string; sessionS: number }

/** Uses a link: the session that it begins, whose token is the only copy, or why it begins none. */
export async function usePortalLink(
  world: Pick<World, 'log' | 'now' | 'store'>,
  token: string,
  before: AskedSession,
): Promise<BegunByLink | LinkFault> {
  const link = await offerPortalLink(world, token, before.pepper)
  if (typeof link === 'string') return link
  const { orgId, id, sessionMs } = link
  const session = createSessionToken(orgId)
  const [digest, replaced] = await digestBoth(session, before)
  const now = world.now()
  const actor = { ...before.from, orgId, name: BY_LINK + id }
  const isTaken = await takePortalLink(
    world.store.of(orgId),
    { orgId, id, digest: await digestOfPortalToken(token, before.pepper) },
    { entryId: newId(now), actor, digest, now, replaced },
  )
  // It was good a moment ago: somebody else was quicker.
  if (!isTaken) return 'used'
  await endOther(world, orgId, before)
  return { token: session, sessionS: sessionMs / 1000 }
}

function seconds(least: number, most: number) {
  const hint = `must be a whole number of seconds from ${least} to ${most}`
  return z.int(hint).min(least, hint).max(most, hint)
}
