// Session tokens: how one is made, and fingerprinted for storage.
import { hashApiKey } from './api-key.ts'

const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/

/** Makes a token: 32 random bytes in base64url, 43 characters. It says nothing of whose it is. */
export function createSessionToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whether a text could be a token; what could not is asked of nobody. */
export function isSessionToken(text: string): boolean {
  return TOKEN_SHAPE.test(text)
}

/** The token's fingerprint, the only form that is stored; another pepper, another fingerprint. */
export function hashSessionToken(token: string, pepper: string): Promise<string> {
  // No API key has a space in it, so no session's fingerprint is a key's.
  return hashApiKey(`session ${token}`, pepper)
}
