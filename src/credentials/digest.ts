// Digests: what is kept of a credential, or compared in its place.
import { toHex } from './bytes.ts'

/**
 * A credential's digest, the only form that is stored: HMAC-SHA-256 under the pepper, as 64 lower-case
 * hex characters. A plain hash is enough for 256 random bits; the pepper keeps a stolen database from
 * being tested against leaked credentials.
 */
export async function digestOf(credential: string, pepper: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const pepperBytes = new TextEncoder().encode(pepper)
  const hmacKey = await crypto.subtle.importKey('raw', pepperBytes, algorithm, false, ['sign'])
  const digest = await crypto.subtle.sign('HMAC', hmacKey, new TextEncoder().encode(credential))
  return toHex(new Uint8Array(digest))
}

/** Compares two digests in a time that tells nothing about where they differ; lengths may show. */
export function isSameDigest(a: string, b: string): boolean {
  const left = new TextEncoder().encode(a)
  const right = new TextEncoder().encode(b)
  return left.length === right.length && crypto.subtle.timingSafeEqual(left, right)
}
