// Signing secrets opened, and sealed anew under the current key when an old one had sealed them.
import { VaultError } from '../credentials/vault.ts'
import { noteUndecryptableSecret } from '../db/figures/health.ts'
import { listSealedUnder, replaceSealed, type SealedSecret } from '../db/account/secrets.ts'
import type { Engine } from './engine.ts'

/** Secrets sealed anew in one round. */
const ROUND_SIZE = 100

/** Rounds of one run: with a run every five minutes, 288,000 secrets a day. */
const MAX_ROUNDS = 10

/**
 * The secret in plain text. One that does not open is our fault: it is logged and shows in /healthz.
 * @throws VaultError when it does not open.
 */
export async function openSecret(engine: Engine, secret: SealedSecret): Promise<string> {
  const { orgId, ownerId, id, sealed } = secret
  try {
    return await engine.vault.unseal(sealed, { orgId, ownerId, secretId: id })
  } catch (error) {
    if (error instanceof VaultError) noteUndecryptable(engine, secret, error)
    throw error
  }
}

/** Opens a secret that someone asked for, and seals it anew in passing if an old key had sealed it. */
export async function openAndRewrap(engine: Engine, secret: SealedSecret): Promise<string> {
  const plaintext = await openSecret(engine, secret)
  const { keyIdOf, currentKeyId } = engine.vault
  if (keyIdOf(secret.sealed) !== currentKeyId) engine.defer(rewrap(engine, [secret]))
  return plaintext
}

/**
 * Seals anew what old keys had sealed, a bounded part at a time; with one key there is nothing to do.
 * Returns how many. It may stop anywhere and be run again: a text is replaced only where it still
 * stands. What does not open is passed over, logged and noted.
 */
export async function rewrapSecrets(engine: Engine): Promise<number> {
  let rewrapped = 0
  let rounds = 0
  for (const keyId of engine.vault.oldKeyIds) {
    let after: SealedSecret | undefined
    for (let isLast = false; !isLast && rounds < MAX_ROUNDS; rounds += 1) {
      const secrets = await listSealedUnder(engine.db, keyId, after, ROUND_SIZE)
      rewrapped += await rewrap(engine, secrets)
      after = secrets.at(-1)
      isLast = secrets.length < ROUND_SIZE
    }
  }
  if (rewrapped > 0) engine.log({ event: 'rewrapped', secrets: rewrapped })
  return rewrapped
}

async function rewrap(engine: Engine, secrets: SealedSecret[]): Promise<number> {
  const tried = await Promise.all(secrets.map((secret) => reseal(engine, secret)))
  const replacements = tried.flatMap((one) => one ?? [])
  if (replacements.length > 0) await replaceSealed(engine.db, replacements)
  return replacements.length
}

async function reseal(engine: Engine, secret: SealedSecret) {
  const { orgId, ownerId, id } = secret
  try {
    const plaintext = await openSecret(engine, secret)
    const resealed = await engine.vault.seal(plaintext, { orgId, ownerId, secretId: id })
    return { ...secret, resealed }
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

function noteUndecryptable(
  engine: Engine,
  { orgId, ownerId, id }: SealedSecret,
  { message }: VaultError,
): void {
  engine.log({
    event: 'secret_undecryptable',
    org_id: orgId,
    owner_id: ownerId,
    secret_id: id,
    error: message,
  })
  engine.defer(noteUndecryptableSecret(engine.db, engine.now()))
}
