// Session tokens: how one is made, and digested for storage.
import { toBase64Url } from './bytes.ts'
import { digestOf } from './digest.ts'

const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/

/** Makes a token: 32 random bytes in base64url, 43 characters. It says nothing of whose it is. */
export function createSessionToken(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)))
}

/** Whether a text could be a token; what could not is asked of nobody. */
export function isSessionToken(text: string): boolean {
  return TOKEN_SHAPE.test(text)
}

/** The token's digest, the only form that is stored; another pepper, another digest. */
export function digestOfToken(token: string, pepper: string): Promise<string> {
  // No API key has a space in it, so no session's digest is a key's.
  return digestOf(`session ${token}`, pepper)
}
