// Signs one webhook request in both schemes that consumers verify: CallingBox's and Standard Webhooks'.

const SECRET_PREFIX = 'whsec_'

/** What is signed: the id and the body that are sent, and the unix second of signing. */
type WebhookToSign = {
  id: string
  timestampS: number
  body: string
  /** Every live secret, newest first; each begins with `whsec_`. */
  secrets: readonly string[]
}

/**
 * Answers the values of the two signature headers, each with one signature per secret, in order.
 *
 * `callingbox` is `t=<unix s>,v1=<hex>[,v1=<hex>…]`: HMAC-SHA-256 over `<t>.<body>`, keyed with the
 * whole secret as UTF-8. `standard` is `v1,<base64>[ v1,<base64>…]`: over `<id>.<t>.<body>`, keyed
 * with the base64 after `whsec_` (standardwebhooks.com, version 1).
 *
 * @throws RangeError without secrets, since nothing is ever sent unsigned, and on a fraction of a
 * second. @throws DOMException on a secret that is not base64 after its prefix.
 */
export async function signWebhook(
  webhook: WebhookToSign,
): Promise<{ callingbox: string; standard: string }> {
  const { id, timestampS, body, secrets } = webhook
  if (secrets.length === 0) throw new RangeError('A webhook needs at least one signing secret.')
  if (!Number.isSafeInteger(timestampS)) throw new RangeError('A timestamp is whole seconds.')
  const forCallingbox = encode(`${timestampS}.${body}`)
  const forStandard = encode(`${id}.${timestampS}.${body}`)
  const [hexes, base64s] = await Promise.all([
    Promise.all(secrets.map(async (it) => toHex(await hmacSha256(encode(it), forCallingbox)))),
    Promise.all(secrets.map(async (it) => toBase64(await hmacSha256(keyOf(it), forStandard)))),
  ])
  return {
    callingbox: [`t=${timestampS}`, ...hexes.map((hex) => `v1=${hex}`)].join(','),
    standard: base64s.map((base64) => `v1,${base64}`).join(' '),
  }
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. The key may have any length but zero. */
export async function hmacSha256(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const hmacKey = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', hmacKey, message))
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function keyOf(secret: string): Uint8Array {
  return Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (it) => it.charCodeAt(0))
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
