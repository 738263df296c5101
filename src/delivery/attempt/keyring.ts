// The keys that deliveries are signed with, each secret opened once a set.
import type { SealedSecret } from '../../db/account/secrets.ts'
import { importSigningKey, type SigningKey } from '../../webhook/signature.ts'
import { openSecret, type SecretOpener } from './open-secret.ts'

/**
 * Opens the secrets of one owner, and makes keys of them.
 * @throws VaultError when one does not open; nothing is ever signed with some of them.
 */
export type Keyring = (secrets: readonly SealedSecret[]) => Promise<SigningKey[]>

/**
 * Makes a keyring for one set: opening a secret costs more than signing with it, and a set often has
 * many deliveries of one owner, which share a list. It should not live longer: it holds secrets.
 */
export function createKeyring(world: SecretOpener): Keyring {
  const opened = new Map<readonly SealedSecret[], Promise<SigningKey[]>>()
  return function keysOf(secrets) {
    const keys = opened.get(secrets) ?? openKeys(world, secrets)
    opened.set(secrets, keys)
    return keys
  }
}

function openKeys(world: SecretOpener, secrets: readonly SealedSecret[]): Promise<SigningKey[]> {
  return Promise.all(
    secrets.map(async (secret) => importSigningKey(await openSecret(world, secret))),
  )
}
