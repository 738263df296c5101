// An answer as the attempt log stores it: as much as fits, and what all answers say said shortly.
import { z } from 'zod'
import { KEPT_BODY_BYTES, type Answer } from '../send/answer.ts'

/**
 * Bytes that an answer's headers and its body may take in the log, as JSON text: escaped, a control
 * character takes six. With them no entry has more than 16,000 bytes, nor the hundred that a batch
 * may have at most more than D1 takes in one value, 2,000,000 (R5).
 */
const MAX_STORED_BYTES = { headers: 6000, body: 8000 }

/** Headers that many answers have, known by their place: what is stored has it, so add at the end only. */
const KNOWN = [
  'date',
  'content-type',
  'content-length',
  'server',
  'cache-control',
  'cf-ray',
  'via',
  'vary',
  'etag',
  'retry-after',
  'location',
  'x-request-id',
  'x-powered-by',
  'strict-transport-security',
  'cf-cache-status',
  'content-encoding',
]

/**
 * Names and values in turn. A name that is KNOWN is its place there; a date is in seconds after the attempt
 * began, where that gives back its text.
 */
const Headers = z.array(z.union([z.string(), z.number()]))

/** Status, headers, body. */
export const StoredAnswer = z.tuple([z.number(), Headers, z.string()])

/** An answer as the log gives it back. */
type Shown = Pick<Answer, 'status' | 'headers' | 'body'>

/** What is stored of an answer to an attempt that began then, in Unix seconds. */
export function shortenAnswer(
  { status, headers, body }: Answer,
  startedS: number,
): z.infer<typeof StoredAnswer> {
  const shortened = Object.entries(fitHeaders(headers)).flatMap(([name, value]) => {
    const place = KNOWN.indexOf(name)
    return [place < 0 ? name : place, name === 'date' ? shortenDate(value, startedS) : value]
  })
  return [status, shortened, fitBody(body)]
}

/** The answer that was stored. */
export function readAnswer(
  [status, stored, body]: z.infer<typeof StoredAnswer>,
  startedS: number,
): Shown {
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < stored.length; at += 2) {
    const [name, value] = [stored[at], stored[at + 1]]
    headers.push([
      typeof name === 'number' ? (KNOWN[name] ?? String(name)) : String(name),
      typeof value === 'number' ? new Date((startedS + value) * 1000).toUTCString() : String(value),
    ])
  }
  return { status, headers: Object.fromEntries(headers), body }
}

/** A date as servers write it (RFC 9110, IMF-fixdate) in seconds since an instant; another as it came. */
function shortenDate(date: string, sinceS: number): string | number {
  const at = Date.parse(date)
  const isExact = !Number.isNaN(at) && new Date(at).toUTCString() === date
  return isExact ? at / 1000 - sinceS : date
}

function fitHeaders(headers: Record<string, string>): Record<string, string> {
  if (storedBytes(headers) <= MAX_STORED_BYTES.headers) return headers
  let bytes = 0
  const fitting = Object.entries(headers).filter((header) => {
    const grown = bytes + storedBytes(header)
    if (grown > MAX_STORED_BYTES.headers) return false
    bytes = grown
    return true
  })
  return Object.fromEntries(fitting)
}

/** The beginning of a body, as much as may be stored: of text nearly always all. */
function fitBody(body: string): string {
  // Nearly all are so short that nothing need be counted.
  if ((body.length + 1) * MOST_BYTES <= MAX_STORED_BYTES.body) return body
  const bytes = storedBytes(body)
  if (bytes <= MAX_STORED_BYTES.body) return body
  // What is left may still be too long where the beginning takes more than the rest: then it is cut again.
  const length = Math.floor((body.length * MAX_STORED_BYTES.body) / bytes)
  return fitBody(body.slice(0, length).toWellFormed())
}

/** A character takes six bytes at most, as JSON text. */
const MOST_BYTES = 6

function storedBytes(part: unknown): number {
  return new TextEncoder().encode(JSON.stringify(part)).byteLength
}

/** A character takes four bytes at most, as text. */
const LONGEST_CHARACTER = 4

/** Escapes of a body that was cut for what they take come to more than so many bytes. */
const MANY_ESCAPES = 1000

/**
 * How much of an answer's body is kept, in bytes, and of how many, where its receiver said so: that of a
 * compressed one is not what it is unpacked to. `isFull` where more would not have been kept.
 */
export function measureBody({ headers, body }: Pick<Shown, 'headers' | 'body'>) {
  const kept = new TextEncoder().encode(body).byteLength
  const length = headers['content-length'] ?? ''
  const isTold = /^\d{1,15}$/.test(length) && !('content-encoding' in headers)
  // What does not decode is longer as text, and a character that was cut in two is left out.
  const isFull =
    kept > KEPT_BODY_BYTES - LONGEST_CHARACTER || storedBytes(body) - kept > MANY_ESCAPES
  return { kept, whole: isTold ? Number(length) : undefined, isFull }
}
