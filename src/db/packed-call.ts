// A call's text as it is stored: packed where that makes it shorter, and given back byte for byte.
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Longer calls, in bytes, are stored as they came: what is read of many at once stays small. */
export const LONG_CALL_BYTES = 32_768

/**
 * What calls have in common: the members that are published, as JSON, most frequent last. It is part of
 * what is stored: another one takes another MARK, and this one stays.
 */
const DICTIONARY =
  '"context":"","returns":{},"result_error":null,"reservation_status":null,"webhook_url":"https://' +
  '"webhook_status":"none","webhook_error":null,"error_code":null,"error_message":null,"hangup_cause":"' +
  '"tools":[],"updated_at":"202"queued"initiated"ringing"in_progress"no_answer"busy"canceled"failed' +
  '"pending"delivered"inbound"true,"false,{"id":"","to_number":"+1","from_number":"+1","status":"completed",' +
  '"direction":"outbound","prompt":"","language":"en-US","result":{"},"result_status":"ok",' +
  '"created_at":"2026-01-01T00:00:00Z","started_at":"2026-","answered_at":"2026-","ended_at":"2026-",' +
  '"duration_seconds":,"billed_duration_seconds":,"billing_amount_milli_cents":,"metadata":{"'

/** What a packed call begins with, and no JSON object does. */
const MARK = '1'

/**
 * What is stored of a call that was deleted: nothing, packed. It reads as no call, also to code that knows of no
 * deletions, which would send an empty text.
 */
export const NO_CALL = MARK

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text to store: base64 of the call under MARK, or the call itself. Its id is not stored twice. */
export function packCall(call: string, callId: string): string {
  const bytes = encoder.encode(call)
  if (bytes.byteLength > LONG_CALL_BYTES) return call
  const packed = deflateRawSync(bytes, { dictionary: dictionaryOf(callId) })
  const text = MARK + btoa(String.fromCharCode(...packed))
  return text.length < call.length ? text : call
}

/** The call that was stored; null where it does not read. */
export function unpackCall(stored: string, callId: string): string | null {
  if (!stored.startsWith(MARK)) return stored
  try {
    const packed = Uint8Array.from(atob(stored.slice(MARK.length)), (it) => it.charCodeAt(0))
    const options = { dictionary: dictionaryOf(callId), maxOutputLength: LONG_CALL_BYTES }
    return decoder.decode(inflateRawSync(packed, options))
  } catch {
    return null
  }
}

function dictionaryOf(callId: string): Uint8Array {
  return encoder.encode(`${DICTIONARY}${callId}`)
}
