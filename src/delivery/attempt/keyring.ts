// What deliveries are signed with and what goes along, each secret opened once a set.
import type { SealedSecret } from '../../db/account/secrets.ts'
import type { SealedHeaders } from '../../db/lifecycle/consume.ts'
import type { HeaderLine } from '../../webhook/own-headers.ts'
import { importSigningKey, type SigningKey } from '../../webhook/signature.ts'
import { openHeaders, openSecret, type SecretOpener } from './open-secret.ts'

/** Opens what is sealed of owners. Each throws VaultError when one does not open: nothing is ever sent with some of it. */
export type Keyring = {
  /** The secrets of one owner, as keys. */
  keysOf: (secrets: readonly SealedSecret[]) => Promise<SigningKey[]>
  /** The headers of an endpoint. */
  headersOf: (headers: SealedHeaders) => Promise<HeaderLine[]>
}

/**
 * Makes a keyring for one set: opening a secret costs more than signing with it, and a set often has
 * many deliveries of one owner, which share a list. It should not live longer: it holds secrets.
 */
export function createKeyring(world: SecretOpener): Keyring {
  return {
    keysOf: onceEach((secrets) => openKeys(world, secrets)),
    headersOf: onceEach((headers) => openHeaders(world, headers)),
  }
}

function onceEach<Sealed, Opened>(open: (sealed: Sealed) => Promise<Opened>) {
  const opened = new Map<Sealed, Promise<Opened>>()
  return function openOnce(sealed: Sealed): Promise<Opened> {
    const one = opened.get(sealed) ?? open(sealed)
    opened.set(sealed, one)
    return one
  }
}

function openKeys(world: SecretOpener, secrets: readonly SealedSecret[]): Promise<SigningKey[]> {
  return Promise.all(
    secrets.map(async (secret) => importSigningKey(await openSecret(world, secret))),
  )
}
