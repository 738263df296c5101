// Verifies a webhook: the event that it brings, or exactly what is wrong with it.
import { decode, encode } from './bytes.ts'
import { diagnose } from './diagnosis.ts'
import { readEvent, type WebhookEvent } from './events.ts'
import type { WebhookHeaders } from './headers.ts'
import { refuse, type Refusal } from './refusal.ts'
import { findSecretProblem, isSignedWith, isWholeSecret } from './secret.ts'
import { readClaims, type Claim, type Family } from './signature.ts'

/** The body as it arrived, before anything parses it. Node's Buffer is a Uint8Array. */
export type RawBody = string | Uint8Array | ArrayBuffer

/**
 * `toleranceSeconds`: how old a signature may be, and how far in the future; 300 by default. `nowMs`: the time
 * in Unix ms, for tests. `headerPrefix`: the first part of the service's own header names, CallingBox.
 */
export type VerifyOptions = { toleranceSeconds?: number; nowMs?: number; headerPrefix?: string }

/** A webhook that is good, and which of its two signatures said so. */
export type Verified = { ok: true; event: WebhookEvent; family: Family }

/** What came of verifying: `ok` tells which. */
export type Verification = Verified | Refusal

const TOLERANCE_S = 300

/** What JavaScript makes of an object where text is wanted. */
const PARSED = '[object Object]'

/**
 * Verifies a webhook by either of its signatures: `CallingBox-Signature`, or the three headers of Standard
 * Webhooks. `secret` is the whole `whsec_…`, or several where webhooks of more than one endpoint arrive here.
 * What a webhook is like never throws.
 * @throws RangeError when `toleranceSeconds` is negative or no number.
 */
export async function verify(
  rawBody: RawBody,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Verification> {
  const {
    toleranceSeconds = TOLERANCE_S,
    nowMs = Date.now(),
    headerPrefix = 'CallingBox',
  } = options
  if (!(toleranceSeconds >= 0)) throw new RangeError('toleranceSeconds is a number of 0 or more.')
  const given = [secret].flat()
  const secrets = given.filter(isWholeSecret)
  if (secrets.length === 0) return findSecretProblem(given) ?? refuse('no_secret')
  const body = readBody(rawBody)
  if ('reason' in body) return body
  const claims = readClaims(headers, headerPrefix)
  if ('reason' in claims) return claims
  const claim = await findFitting(claims, secrets, body)
  if (claim === undefined) {
    const found = await diagnose({ claims, body, headers, headerPrefix, secrets })
    return (found.reason === 'wrong_secret' && findSecretProblem(given)) || found
  }
  return findDrift(claim, toleranceSeconds, nowMs) ?? readVerified(body, claim)
}

function readBody(body: unknown): Uint8Array | Refusal {
  const bytes = toBytes(body)
  if (bytes === undefined) return refuse('body_not_raw', describe(body))
  return bytes.length > 0 ? bytes : refuse('empty_body')
}

function toBytes(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return body === PARSED ? undefined : encode(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  // Of another realm, as in a test runner's sandbox, it is no instance of this one's.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  return undefined
}

function describe(body: unknown): string {
  if (body === undefined || body === null) return 'There is none: is it read at all?'
  if (body instanceof Promise) return 'It is a promise: await it.'
  if (typeof body === 'object' && 'getReader' in body) return 'It is a stream: read it to its end.'
  return 'It is what a parser made of it.'
}

async function findFitting(
  claims: Claim[],
  secrets: readonly string[],
  body: Uint8Array,
): Promise<Claim | undefined> {
  for (const claim of claims) {
    for (const secret of secrets) if (await isSignedWith(secret, claim, body)) return claim
  }
  return undefined
}

function findDrift({ timestampS }: Claim, toleranceS: number, nowMs: number): Refusal | undefined {
  const ageS = Math.floor(nowMs / 1000) - timestampS
  if (Math.abs(ageS) <= toleranceS) return undefined
  const detail = `It is ${Math.abs(ageS)} s off, and ${toleranceS} s are allowed.`
  return refuse(ageS > 0 ? 'stale_timestamp' : 'future_timestamp', detail)
}

function readVerified(body: Uint8Array, { family }: Claim): Verification {
  const event = readEvent(decode(body))
  return event === undefined ? refuse('not_an_event') : { ok: true, event, family }
}
