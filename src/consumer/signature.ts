// What the signature headers of a webhook claim, in either of the two ways in which each is signed.
import { encode, fromBase64, fromHex } from './bytes.ts'
import { readHeader, type WebhookHeaders } from './headers.ts'
import { refuse, type Refusal } from './refusal.ts'

/** `callingbox` signs as Stripe does, `standard` as the Standard Webhooks specification says. */
export type Family = 'callingbox' | 'standard'

/** That a body, after what is `before` it, was signed at a time; one signature for each live secret. */
export type Claim = {
  family: Family
  timestampS: number
  before: Uint8Array<ArrayBuffer>
  signatures: Uint8Array<ArrayBuffer>[]
}

/** More digits than a second of the next thirty thousand years has. */
const TIMESTAMP = /^\d{1,12}$/

const HEX_SIGNATURE = /^v1=([0-9a-f]{64})$/
/** 32 bytes have one spelling: the two bits that are left over are 0. */
const BASE64_SIGNATURE = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/

/** What is left of a header when its end is missing, before its first signature is whole. */
const CUT_OFF_HEX = /^t(?:=\d*|=\d+,(?:v(?:1(?:=[0-9a-f]{0,63})?)?)?)?$/
const CUT_OFF_BASE64 = /^v(?:1(?:,[A-Za-z0-9+/]{0,43})?)?$/

/** What the headers claim, in each way in which they are whole; where in none, what is wrong. */
export function readClaims(headers: WebhookHeaders, headerPrefix: string): Claim[] | Refusal {
  const name = `${headerPrefix}-Signature`
  const read = [readCallingbox(headers, name), readStandard(headers)]
  const claims = read.filter((one): one is Claim => one !== undefined && 'family' in one)
  if (claims.length > 0) return claims
  const refusal = read.find((one): one is Refusal => one !== undefined)
  return refusal ?? refuse('no_signature', `Neither ${name} nor webhook-signature is there.`)
}

function readCallingbox(headers: WebhookHeaders, name: string): Claim | Refusal | undefined {
  const header = readHeader(headers, name).join(',').trim()
  if (header === '') return undefined
  const parts = header.split(',').map((part) => part.trim())
  const timestamp = parts.find((part) => part.startsWith('t='))?.slice('t='.length) ?? ''
  const signatures = parts.flatMap((part) => HEX_SIGNATURE.exec(part)?.[1] ?? []).map(fromHex)
  if (TIMESTAMP.test(timestamp) && signatures.length > 0) {
    const before = encode(`${timestamp}.`)
    return { family: 'callingbox', timestampS: Number(timestamp), before, signatures }
  }
  const form = `${name} is "t=<unix seconds>,v1=<64 hex digits>".`
  return refuse(CUT_OFF_HEX.test(header) ? 'truncated_signature' : 'malformed_signature', form)
}

function readStandard(headers: WebhookHeaders): Claim | Refusal | undefined {
  const header = readHeader(headers, 'webhook-signature').join(' ').trim()
  if (header === '') return undefined
  const [id = ''] = readHeader(headers, 'webhook-id')
  const [timestamp = ''] = readHeader(headers, 'webhook-timestamp')
  if (id === '' || !TIMESTAMP.test(timestamp)) {
    return refuse('malformed_signature', 'webhook-id or webhook-timestamp is missing beside it.')
  }
  const signatures = header
    .split(/\s+/)
    .flatMap((part) => BASE64_SIGNATURE.exec(part)?.[1] ?? [])
    .flatMap((base64) => fromBase64(base64) ?? [])
  if (signatures.length > 0) {
    const before = encode(`${id}.${timestamp}.`)
    return { family: 'standard', timestampS: Number(timestamp), before, signatures }
  }
  const form = 'webhook-signature is "v1,<44 characters of base64>".'
  return refuse(CUT_OFF_BASE64.test(header) ? 'truncated_signature' : 'malformed_signature', form)
}
