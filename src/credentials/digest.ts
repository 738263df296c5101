// Digests: what is kept of a credential, or compared in its place.
import { toHex } from './bytes.ts'

/**
 * A credential's digest, the only form that is stored: HMAC-SHA-256 under the pepper, as 64 lower-case
 * hex characters. A plain hash is enough for 256 random bits; the pepper keeps a stolen database from
 * being tested against leaked credentials.
 */
export async function digestOf(credential: string, pepper: string): Promise<string> {
  const key = await keyOf(pepper)
  const digest = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(credential))
  return toHex(new Uint8Array(digest))
}

/** The pepper that was used last, which is always the same one: to import it takes longer than to sign. */
let last: { pepper: string; key: CryptoKey } | undefined

async function keyOf(pepper: string): Promise<CryptoKey> {
  if (last?.pepper === pepper) return last.key
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = new TextEncoder().encode(pepper)
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign'])
  last = { pepper, key }
  return key
}

/** Compares two digests in a time that tells nothing about where they differ; lengths may show. */
export function isSameDigest(a: string, b: string): boolean {
  const left = new TextEncoder().encode(a)
  const right = new TextEncoder().encode(b)
  return left.length === right.length && crypto.subtle.timingSafeEqual(left, right)
}
