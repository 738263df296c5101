// AES-256-GCM on bytes, as Web Crypto does it.

/** What one encryption and its decryption must agree on; a nonce (12 bytes) is used only once. */
type AesGcmInput = { key: CryptoKey; nonce: Uint8Array; additionalData: Uint8Array }

/**
 * Takes 32 raw bytes as a key that cannot be exported again.
 *
 * @throws DOMException on a length that is no AES key.
 */
export async function importAesKey(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** Encrypts; the answer ends with the 16-byte tag (NIST SP 800-38D). */
export async function encryptAesGcm(
  input: AesGcmInput,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(algorithm(input), input.key, plaintext))
}

/**
 * Decrypts ciphertext and tag.
 *
 * @throws DOMException when key, nonce, additional data, ciphertext or tag is not what it was.
 */
export async function decryptAesGcm(input: AesGcmInput, sealed: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.decrypt(algorithm(input), input.key, sealed))
}

function algorithm({ nonce, additionalData }: AesGcmInput) {
  return { name: 'AES-GCM', iv: nonce, additionalData, tagLength: 128 }
}
