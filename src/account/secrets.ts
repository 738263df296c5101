// Signing secrets as both doors use them: made, shown, replaced.
import { createSigningSecret } from '../credentials/signing-secret.ts'
import { revealDefaultSecret, rotateDefaultSecret } from '../db/account/orgs.ts'
import type { SealedSecret } from '../db/account/secrets.ts'
import type { Actor } from '../db/audit.ts'
import { once, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { openSecret, type SecretOpener } from '../delivery/attempt/open-secret.ts'
import { openAndRewrap } from '../delivery/upkeep/rewrap.ts'
import { AppError } from '../errors.ts'
import type { World } from '../world.ts'

/** Makes a secret for an owner: an endpoint's id, or the org's own; `plaintext` is its only copy. */
export async function makeSecret(
  { vault, now }: Pick<World, 'now' | 'vault'>,
  orgId: string,
  ownerId: string,
): Promise<{ secret: SealedSecret; plaintext: string }> {
  const plaintext = createSigningSecret()
  const id = newId(now())
  const sealed = await vault.seal(plaintext, { orgId, ownerId, secretId: id })
  return { secret: { orgId, ownerId, id, sealed }, plaintext }
}

/** The org's default secret in plain text, which is logged; undefined when there is no such org. */
export async function showDefaultSecret(
  world: SecretOpener,
  actor: Actor,
): Promise<string | undefined> {
  const { orgId } = actor
  const found = await revealDefaultSecret(world.store.of(orgId), actor, world.now())
  return found && openAndRewrap(world, { orgId, ownerId: orgId, ...found })
}

/**
 * Replaces the org's default secret, which goes on signing for `overlapMs`; answers the new one, and the
 * same one to the same Idempotency-Key and request.
 * @throws AppError `too_many_live_secrets`, `idempotency_key_reused`.
 */
export async function replaceDefaultSecret(
  world: SecretOpener,
  actor: Actor,
  { overlapMs, idempotency }: { overlapMs: number; idempotency?: Idempotency | undefined },
): Promise<Once<string>> {
  const { secret, plaintext } = await makeSecret(world, actor.orgId, actor.orgId)
  const db = world.store.of(actor.orgId)
  const rotation = { now: world.now(), overlapMs, idempotency }
  const { isRotated, first } = await rotateDefaultSecret(db, actor, secret, rotation)
  return once(
    first,
    (kept) => openSecret(world, kept),
    () => {
      if (!isRotated) throw new AppError('too_many_live_secrets')
      return plaintext
    },
  )
}
