// Signing secrets: how one is made, and how much of it may be shown later.
import { toHex } from './bytes.ts'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32
const SHOWN_CHARACTERS = 4

/**
 * Makes a secret: `whsec_` and 32 random bytes as 64 lower-case hex characters. The alphabet and
 * the length are chosen so that both families of libraries take it: Stripe's key on the whole
 * string, Standard Webhooks' on the base64 after the prefix (64 hex characters are 48 such bytes).
 */
export function createSigningSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  return PREFIX + toHex(bytes)
}

/** Enough of a secret to tell it from another, `whsec_3f2a…`; 240 of its 256 bits stay unknown. */
export function secretPublicPart(secret: string): string {
  return `${secret.slice(0, PREFIX.length + SHOWN_CHARACTERS)}…`
}
