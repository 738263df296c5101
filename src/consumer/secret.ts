// Signing secrets: what is no such secret, and whether a claim was made with one.
import { concat, encode, fromBase64 } from './bytes.ts'
import { refuse, type Refusal } from './refusal.ts'
import type { Claim } from './signature.ts'

const PREFIX = 'whsec_'

/** A whole secret: the prefix and 32 characters or more of hex or base64. */
const WHOLE = /^whsec_[\w+/=-]{32,}$/

/** What a secret is not, each with how that is seen; the first that fits is said. */
const MISTAKES = [
  ['no_secret', /^$/],
  ['secret_has_extra_characters', /\s|^["'`]|["'`]$/],
  ['secret_is_api_key', /^sk_/],
  ['secret_is_other_kind', /^wh[sp]k_/],
  ['secret_without_prefix', /^(?!whsec_)/],
  ['secret_has_extra_characters', /^[\w+/=-]{20,}[^\w+/=-]/],
  ['secret_cut_off', /^/],
] as const

/** What the service's own secrets are not, and other whole ones may be. */
const DOUBTS = [
  ['secret_cut_off', /^whsec_([0-9a-f]{32,63})$/],
  ['secret_has_extra_characters', /^whsec_([0-9a-f]{64}.+)$/],
] as const

/** Whether this can be a signing secret. */
export function isWholeSecret(secret: unknown): secret is string {
  return typeof secret === 'string' && WHOLE.test(secret)
}

/**
 * What is wrong with the secrets, of which none fits. One that is missing is told last: of two, the older is,
 * once it has gone.
 */
export function findSecretProblem(secrets: readonly unknown[]): Refusal | undefined {
  const others = secrets.some(isWholeSecret) ? ', and no signature was made with another' : ''
  const problems = secrets.flatMap((secret, place) => {
    const detail =
      secrets.length > 1 ? `That is secret ${place + 1} of ${secrets.length}${others}.` : ''
    return (isWholeSecret(secret) ? findDoubt(secret, detail) : findMistake(secret, detail)) ?? []
  })
  return problems.find(({ reason }) => reason !== 'no_secret') ?? problems[0]
}

/** What is no text is no secret. */
function findMistake(secret: unknown, detail: string): Refusal {
  const text = typeof secret === 'string' ? secret : ''
  const mistake = MISTAKES.find(([, seen]) => seen.test(text))
  return refuse(mistake?.[0] ?? 'no_secret', detail)
}

function findDoubt(secret: string, detail: string): Refusal | undefined {
  for (const [reason, seen] of DOUBTS) {
    const length = seen.exec(secret)?.[1]?.length
    if (length === undefined) continue
    return refuse(reason, `After "whsec_" there are ${length} characters, and not 64.`, detail)
  }
  return undefined
}

/** Whether one of the claim's signatures was made with the secret over this body. */
export async function isSignedWith(
  secret: string,
  { family, before, signatures }: Claim,
  body: Uint8Array,
): Promise<boolean> {
  const key = family === 'callingbox' ? encode(secret) : fromBase64(secret.slice(PREFIX.length))
  if (key === undefined) return false
  const expected = await hmacSha256(key, concat(before, body))
  // Each is compared to its end, so that the time it takes tells nothing.
  return signatures.filter((signature) => isEqual(signature, expected)).length > 0
}

async function hmacSha256(
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message))
}

/** In a time that depends on the lengths alone. */
function isEqual(first: Uint8Array, second: Uint8Array): boolean {
  let difference = first.length ^ second.length
  for (const [place, byte] of first.entries()) difference |= byte ^ (second[place] ?? 0)
  return difference === 0
}
