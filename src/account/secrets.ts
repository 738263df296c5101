// Signing secrets as both doors use them: made, shown, replaced.
import { createSigningSecret } from '../credentials/signing-secret.ts'
import {
  createOrg,
  revealDefaultSecret,
  rotateDefaultSecret,
  type Org,
} from '../db/account/orgs.ts'
import type { SealedSecret } from '../db/account/secrets.ts'
import type { Actor } from '../db/audit.ts'
import { firstAnswer, type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { openSecret } from '../delivery/attempt/open-secret.ts'
import { openAndRewrap } from '../delivery/upkeep/rewrap.ts'
import { AppError } from '../errors.ts'
import type { World } from '../world.ts'

/** Makes a secret for an owner: an endpoint's id, or the org's own; `plaintext` is its only copy. */
export async function makeSecret(
  { vault, now }: World,
  orgId: string,
  ownerId: string,
): Promise<{ secret: SealedSecret; plaintext: string }> {
  const plaintext = createSigningSecret()
  const id = newId(now())
  const sealed = await vault.seal(plaintext, { orgId, ownerId, secretId: id })
  return { secret: { orgId, ownerId, id, sealed }, plaintext }
}

/** The org's default secret in plain text, which is logged; undefined when there is no such org. */
export async function showDefaultSecret(world: World, actor: Actor): Promise<string | undefined> {
  const { orgId } = actor
  const found = await revealDefaultSecret(world.store.of(actor.orgId), actor, world.now())
  return found && openAndRewrap(world, { orgId, ownerId: orgId, ...found })
}

/**
 * Replaces the org's default secret, which goes on signing for `overlapMs`; answers the new one, and the
 * same one to the same Idempotency-Key and request.
 * @throws AppError `too_many_live_secrets`, `idempotency_key_reused`.
 */
export async function replaceDefaultSecret(
  world: World,
  actor: Actor,
  { overlapMs, idempotency }: { overlapMs: number; idempotency?: Idempotency | undefined },
): Promise<Once<string>> {
  const { secret, plaintext } = await makeSecret(world, actor.orgId, actor.orgId)
  const use = idempotency && { ...idempotency, token: secret.id }
  const rotation = { now: world.now(), overlapMs, idempotency: use }
  const { isRotated, record } = await rotateDefaultSecret(
    world.store.of(actor.orgId),
    actor,
    secret,
    rotation,
  )
  // rotateDefaultSecret keeps the secret.
  const kept = firstAnswer(record, use) as SealedSecret | undefined
  if (kept) return { answer: await openSecret(world, kept), isRepeated: true }
  if (!isRotated) throw new AppError('too_many_live_secrets')
  return { answer: plaintext, isRepeated: false }
}

/**
 * Creates an org with its default secret, once for an Idempotency-Key. `actorOf` names the operator in
 * the new org.
 * @throws AppError `idempotency_key_reused`.
 */
export async function addOrg(
  world: World,
  actorOf: (orgId: string) => Actor,
  name: string,
  idempotency: Idempotency | undefined,
): Promise<Once<Org>> {
  const createdAt = world.now()
  const org = { id: newId(createdAt), name, createdAt }
  const { secret } = await makeSecret(world, org.id, org.id)
  const use = idempotency && { ...idempotency, token: org.id }
  const record = await createOrg(world.store.of(org.id), actorOf(org.id), org, secret, use)
  // createOrg keeps the org.
  const kept = firstAnswer(record, use) as Org | undefined
  return { answer: kept ?? org, isRepeated: kept !== undefined }
}
