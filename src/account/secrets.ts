// Signing secrets as both doors use them: made, shown, replaced.
import { createSigningSecret } from '../credentials/signing-secret.ts'
import type { Actor } from '../db/audit.ts'
import { newId } from '../db/ids.ts'
import { revealDefaultSecret, rotateDefaultSecret } from '../db/account/orgs.ts'
import type { SealedSecret } from '../db/account/secrets.ts'
import type { Engine } from '../delivery/engine.ts'
import { AppError } from '../errors.ts'
import { openAndRewrap } from '../delivery/secrets.ts'

/** Longest overlap in seconds, a week: enough to roll a secret out, short enough that a leaked one dies. */
export const MAX_OVERLAP_S = 604_800

/** A form's overlap in seconds as ms: none for what is no whole number up to MAX_OVERLAP_S. */
export function readOverlapMs(text: unknown): number {
  const seconds = typeof text === 'string' ? Number(text) : 0
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_OVERLAP_S ? seconds * 1000 : 0
}

/** Makes a secret for an owner: an endpoint's id, or the org's own; `plaintext` is its only copy. */
export async function makeSecret(
  { vault, now }: Engine,
  orgId: string,
  ownerId: string,
): Promise<{ secret: SealedSecret; plaintext: string }> {
  const plaintext = createSigningSecret()
  const id = newId(now())
  const sealed = await vault.seal(plaintext, { orgId, ownerId, secretId: id })
  return { secret: { orgId, ownerId, id, sealed }, plaintext }
}

/** The org's default secret in plain text, which is logged; undefined when there is no such org. */
export async function showDefaultSecret(engine: Engine, actor: Actor): Promise<string | undefined> {
  const { orgId } = actor
  const found = await revealDefaultSecret(engine.db, actor, engine.now())
  return found && openAndRewrap(engine, { orgId, ownerId: orgId, ...found })
}

/**
 * Replaces the org's default secret, which goes on signing for `overlapMs`; answers the new one.
 * @throws AppError `too_many_live_secrets`.
 */
export async function replaceDefaultSecret(
  engine: Engine,
  actor: Actor,
  overlapMs: number,
): Promise<string> {
  const { secret, plaintext } = await makeSecret(engine, actor.orgId, actor.orgId)
  const timing = { now: engine.now(), overlapMs }
  const isRotated = await rotateDefaultSecret(engine.db, actor, secret, timing)
  if (!isRotated) throw new AppError('too_many_live_secrets')
  return plaintext
}
