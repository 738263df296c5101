// Session tokens: how one is made, read, and digested for storage.
import { toBase64Url } from './bytes.ts'
import { digestOf } from './digest.ts'

const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9_-]{43}$/

/**
 * Makes a token: the org's id, by which its database is found, and 32 random bytes in base64url, 43
 * characters. It says nothing of the key that it was made for.
 */
export function createSessionToken(orgId: string): string {
  return `${orgId}.${toBase64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)))}`
}

/** The org that a text names, which its digest proves; undefined when it is no token. */
export function readSessionOrg(text: string): string | undefined {
  return TOKEN_SHAPE.exec(text)?.[1]
}

/** The token's digest, the only form that is stored; another pepper or another org, another digest. */
export function digestOfToken(token: string, pepper: string): Promise<string> {
  // No API key has a space in it, so no session's digest is a key's.
  return digestOf(`session ${token}`, pepper)
}
