// The vault: seals secrets for the database under key-encryption keys, and opens them again.
import { decryptAesGcm, encryptAesGcm, importAesKey } from './aes-gcm.ts'
import { fromBase64, fromBase64Url, toBase64Url } from './bytes.ts'
import { parseKeys } from './vault-keys.ts'

/** 96 bits, the length GCM is defined for; random ones are safe for 2^32 seals a key. */
const NONCE_BYTES = 12
const SEALED = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/

/** Where a secret belongs. Sealed for one place, it does not open in another. */
type SecretContext = { orgId: string; ownerId: string; secretId: string }

/** Seals and opens secrets; several keys may live at once, and the first of them seals. */
export type Vault = {
  /** The key that seals now; what names another one waits to be sealed anew. */
  currentKeyId: string
  /** The keys that only open, in the order given. */
  oldKeyIds: string[]
  /** Answers `<keyId>.<base64url nonce>.<base64url ciphertext>`, another text on every call. */
  seal: (plaintext: string, context: SecretContext) => Promise<string>
  /** @throws VaultError on an unknown key, another context, or a text that was tampered with. */
  unseal: (sealed: string, context: SecretContext) => Promise<string>
  /** @throws VaultError on a text that is not sealed. */
  keyIdOf: (sealed: string) => string
}

/** A sealed secret that cannot be opened: our fault, never a customer's. Its text holds no secret. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
}

/**
 * Opens a vault on `id:key[,id:key…]`, where the first key seals and all of them unseal. An id has
 * 1–32 letters, digits, `_` or `-`; a key is 32 bytes in base64.
 *
 * @throws Error naming the entry that is wrong by its position: an echo could be the key itself.
 */
export async function createVault(keys: string): Promise<Vault> {
  const { keyring, currentKeyId, oldKeyIds } = await importKeyring(keys)
  return {
    currentKeyId,
    oldKeyIds,
    async seal(plaintext, context) {
      const key = findKey(keyring, currentKeyId)
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const input = { key, nonce, additionalData: encodeContext(context) }
      const ciphertext = await encryptAesGcm(input, new TextEncoder().encode(plaintext))
      return `${currentKeyId}.${toBase64Url(nonce)}.${toBase64Url(ciphertext)}`
    },
    async unseal(sealed, context) {
      const { keyId, nonce, ciphertext } = parseSealed(sealed)
      const input = { key: findKey(keyring, keyId), nonce, additionalData: encodeContext(context) }
      const plaintext = await decryptAesGcm(input, ciphertext).catch((cause: unknown) => {
        throw new VaultError(`The secret does not open under key "${keyId}".`, { cause })
      })
      return new TextDecoder().decode(plaintext)
    },
    keyIdOf: (sealed) => parseSealed(sealed).keyId,
  }
}

async function importKeyring(keys: string) {
  const keyring = new Map<string, CryptoKey>()
  for (const { id, encoded } of parseKeys(keys)) {
    keyring.set(id, await importAesKey(fromBase64(encoded)))
  }
  const [currentKeyId = '', ...oldKeyIds] = keyring.keys()
  return { keyring, currentKeyId, oldKeyIds }
}

function findKey(keyring: ReadonlyMap<string, CryptoKey>, keyId: string): CryptoKey {
  const key = keyring.get(keyId)
  if (key === undefined) throw new VaultError(`The vault has no key "${keyId}".`)
  return key
}

/** JSON quotes each part, so that no two contexts have the same bytes. */
function encodeContext({ orgId, ownerId, secretId }: SecretContext): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([orgId, ownerId, secretId]))
}

function parseSealed(sealed: string) {
  const [, keyId, nonce, ciphertext] = SEALED.exec(sealed) ?? []
  if (keyId === undefined || nonce === undefined || ciphertext === undefined) {
    throw new VaultError('The text is not a sealed secret.')
  }
  return { keyId, nonce: fromBase64Url(nonce), ciphertext: fromBase64Url(ciphertext) }
}
