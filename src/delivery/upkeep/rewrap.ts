// Rewrapping: secrets that an old key had sealed are sealed anew under the current one.
import { VaultError } from '../../credentials/vault.ts'
import { listSealedUnder, replaceSealed, type SealedSecret } from '../../db/account/secrets.ts'
import type { Database } from '../../db/client.ts'
import type { Visited } from '../../world.ts'
import { openSecret, type SecretOpener } from '../attempt/open-secret.ts'

/** Secrets sealed anew in one round. */
const ROUND_SIZE = 100

/** Rounds of one run, in all databases: with a run every five minutes, 288,000 secrets a day. */
const MAX_ROUNDS = 10

/** Opens a secret that someone asked for, and seals it anew in passing if an old key had sealed it. */
export async function openAndRewrap(world: SecretOpener, secret: SealedSecret): Promise<string> {
  const plaintext = await openSecret(world, secret)
  const { keyIdOf, currentKeyId } = world.vault
  if (keyIdOf(secret.sealed) !== currentKeyId)
    world.defer(rewrap(world, world.store.of(secret.orgId), [secret], world.now()))
  return plaintext
}

/**
 * Seals anew what old keys had sealed, a bounded part at a time; with one key there is nothing to do.
 * Returns how many; each org's log has one entry of a run's. It may stop anywhere and be run again: a text is replaced only where it still
 * stands. What does not open is passed over, logged and noted.
 */
export async function rewrapSecrets(world: SecretOpener & Visited): Promise<number> {
  const startedAt = world.now()
  let rewrapped = 0
  let rounds = 0
  for (const keyId of world.vault.oldKeyIds) {
    let after: SealedSecret | undefined
    for (let isLast = false; !isLast && rounds < MAX_ROUNDS * world.share; rounds += 1) {
      const secrets = await listSealedUnder(world.db, keyId, after, ROUND_SIZE)
      rewrapped += await rewrap(world, world.db, secrets, startedAt)
      after = secrets.at(-1)
      isLast = secrets.length < ROUND_SIZE
    }
  }
  if (rewrapped > 0) world.log({ event: 'rewrapped', secrets: rewrapped })
  return rewrapped
}

async function rewrap(
  world: SecretOpener,
  db: Database,
  secrets: SealedSecret[],
  at: number,
): Promise<number> {
  const tried = await Promise.all(secrets.map((secret) => reseal(world, secret)))
  const replacements = tried.flatMap((one) => one ?? [])
  if (replacements.length > 0) await replaceSealed(db, replacements, at)
  return replacements.length
}

async function reseal(world: SecretOpener, secret: SealedSecret) {
  const { orgId, ownerId, id } = secret
  try {
    const plaintext = await openSecret(world, secret)
    const resealed = await world.vault.seal(plaintext, { orgId, ownerId, secretId: id })
    return { ...secret, resealed }
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
