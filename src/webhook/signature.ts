// Signs one webhook request in both schemes that consumers verify: CallingBox's and Standard Webhooks'.

const SECRET_PREFIX = 'whsec_'

/** Each byte as two hex digits. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A secret made ready to sign with, for either scheme. */
export type SigningKey = { callingbox: CryptoKey; standard: CryptoKey }

/** What is signed: the id and the body that are sent, and the unix second of signing. */
type WebhookToSign = {
  id: string
  timestampS: number
  body: string
  /** Every live secret's, newest first. */
  keys: readonly SigningKey[]
}

/**
 * Makes a secret, `whsec_` and what follows, ready to sign any number of webhooks.
 * @throws DOMException when it is not base64 after its prefix.
 */
export async function importSigningKey(secret: string): Promise<SigningKey> {
  const [callingbox, standard] = await Promise.all([
    importHmacKey(encode(secret)),
    importHmacKey(bytesAfterPrefix(secret)),
  ])
  return { callingbox, standard }
}

/**
 * Answers the values of the two signature headers, each with one signature per key, in order.
 *
 * `callingbox` is `t=<unix s>,v1=<hex>[,v1=<hex>…]`: HMAC-SHA-256 over `<t>.<body>`, keyed with the
 * whole secret as UTF-8. `standard` is `v1,<base64>[ v1,<base64>…]`: over `<id>.<t>.<body>`, keyed
 * with the base64 after `whsec_` (standardwebhooks.com, version 1).
 *
 * @throws RangeError without keys, since nothing is ever sent unsigned, and on a fraction of a second.
 */
export async function signWebhook(
  webhook: WebhookToSign,
): Promise<{ callingbox: string; standard: string }> {
  const { id, timestampS, body, keys } = webhook
  if (keys.length === 0) throw new RangeError('A webhook needs at least one signing secret.')
  if (!Number.isSafeInteger(timestampS)) throw new RangeError('A timestamp is whole seconds.')
  const forCallingbox = encode(`${timestampS}.${body}`)
  const forStandard = encode(`${id}.${timestampS}.${body}`)
  const [hexes, base64s] = await Promise.all([
    Promise.all(keys.map(async (it) => toHex(await hmacSha256(it.callingbox, forCallingbox)))),
    Promise.all(keys.map(async (it) => toBase64(await hmacSha256(it.standard, forStandard)))),
  ])
  return {
    callingbox: [`t=${timestampS}`, ...hexes.map((hex) => `v1=${hex}`)].join(','),
    standard: base64s.map((base64) => `v1,${base64}`).join(' '),
  }
}

/** A key for hmacSha256; it may have any length but zero. */
export function importHmacKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export async function hmacSha256(key: CryptoKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

function bytesAfterPrefix(secret: string): Uint8Array {
  const characters = atob(secret.slice(SECRET_PREFIX.length))
  const bytes = new Uint8Array(characters.length)
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = characters.charCodeAt(place)
  return bytes
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
