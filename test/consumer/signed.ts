// Webhooks as the service sends them, for those who verify them.
import { composeBody, composeHeaders } from '../../src/webhook/request.ts'
import { importSigningKey, signWebhook } from '../../src/webhook/signature.ts'

export const SECRET = `whsec_${'0123456789abcdef'.repeat(4)}`
export const OLDER = `whsec_${'fedcba9876543210'.repeat(4)}`
export const STRANGER = `whsec_${'00'.repeat(32)}`

export const ID = '0198f6a2-0000-7000-8000-000000000001'
export const CALL_ID = '61efdf7d-9a39-49c8-a6a1-469a0ac1438f'
export const NOW_S = 1_776_263_450

/** Then it is, for `verify`. */
export const AT = { nowMs: NOW_S * 1000 }

/** The two ways in which each webhook is signed. */
export const FAMILIES = ['callingbox', 'standard'] as const

/** A call with what writers of JSON write differently. */
const CALL = String.raw`{"id":"${CALL_ID}","status":"completed","prompt":"Grüße/<b>😀","price":1.0,"n":9007199254740993}`

/** One as the most careless writer keeps it. */
export const PLAIN_CALL = `{"id":"${CALL_ID}","prompt":"Grüße/<b>😀","duration_seconds":42}`

export type Signed = { body: string; headers: Record<string, string> }

type Parts = { type?: string; call?: string; timestampS?: number; secrets?: string[]; id?: string }

export const encode = (text: string) => new TextEncoder().encode(text)

export async function sign(parts: Parts = {}): Promise<Signed> {
  const { type = 'call.completed', call = CALL, id = ID, timestampS = NOW_S } = parts
  const body = composeBody({
    id,
    type,
    callId: CALL_ID,
    created: NOW_S,
    apiVersion: '2026-04',
    call,
  })
  return signBody(body, { id, type, timestampS, secrets: parts.secrets ?? [SECRET] })
}

/** The headers for a body that may be anything. */
export async function signBody(
  body: string,
  { id = ID, type = 'call.completed', timestampS = NOW_S, secrets = [SECRET] }: Parts = {},
): Promise<Signed> {
  const keys = await Promise.all(secrets.map(importSigningKey))
  const signature = await signWebhook({ id, timestampS, body, keys })
  const marks = { attempt: 1, isManual: false, isTest: false }
  const about = { prefix: 'CallingBox', id, type, callId: CALL_ID, timestampS, signature }
  return { body, headers: composeHeaders({ ...about, ...marks }) }
}

/** Its headers without those of one family. */
export function only(family: 'callingbox' | 'standard', headers: Signed['headers']) {
  const other = family === 'standard' ? /^callingbox-signature$/i : /^webhook-/i
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !other.test(name)))
}

/** The headers with some replaced, or left out. */
export function change(headers: Signed['headers'], changed: Record<string, string | undefined>) {
  const all = Object.entries({ ...headers, ...changed })
  return Object.fromEntries(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
