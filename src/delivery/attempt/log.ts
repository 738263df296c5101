// The attempt log: what one entry says, how it is written, and how a delivery's log is read.
import { z } from 'zod'
import { instantOf } from '../../db/ids.ts'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { readStored } from '../../db/stored-json.ts'
import { composeHeaders, type HeaderParts } from '../../webhook/request.ts'
import type { Answer } from '../send/answer.ts'
import { answerOf, explain, type AttemptError, type Outcome } from '../send/outcome.ts'

/** What can supersede an attempt: a redelivery, the endpoint's deletion, another attempt's outcome. */
export const SUPERSEDERS = ['redelivery', 'deletion', 'attempt'] as const

/** One of SUPERSEDERS. */
export type Superseder = (typeof SUPERSEDERS)[number]

/** One attempt, under the names that `attempts[]` of the API has. */
type LogEntry = {
  id: string
  trigger: 'automatic' | 'manual'
  /** Who asked for a manual attempt: a key's public id, `dashboard:` and one, or `admin`. */
  requested_by: string | null
  started_at: string
  duration_ms: number
  /** Until the response headers came; null when none did. */
  headers_ms: number | null
  error: AttemptError
  request?: { headers: Record<string, string> }
  response?: { status: number; headers: Record<string, string>; body: string } | null
  /** What had happened to the delivery before it ended, so that it changed nothing but what is shown. */
  superseded?: Superseder
}

/** What of the request's headers no column of the delivery tells. */
export type Sent = Pick<HeaderParts, 'prefix' | 'timestampS' | 'signature' | 'attempt'>

/**
 * Bytes that an answer's headers and its body may take in the log, as JSON text: escaped, a control
 * character takes six. With them no entry has more than 16,000 bytes, nor the hundred that a batch
 * may have at most more than D1 takes in one value, 2,000,000 (R5).
 */
const MAX_STORED_BYTES = { headers: 6000, body: 8000 }

/**
 * An entry as it is stored: a row that stays under a kilobyte needs no page of its own (SQLite's
 * WITHOUT ROWID tables). So what another member tells is left out, and worked out when it is read: the id
 * begins with the instant that the attempt started; `requested_by` is there if it was by hand; headers are
 * composed again. A log that has grown past its limit keeps its later entries without `sent` and `response`.
 */
type StoredEntry = Pick<LogEntry, 'id' | 'duration_ms' | 'superseded'> &
  Partial<Pick<LogEntry, 'requested_by' | 'headers_ms' | 'error' | 'response'>> & {
    sent?: StoredSent
  }

/** `signed` has, for each secret, the beginnings of its signatures, CallingBox's and the standard one. */
type StoredSent = Pick<Sent, 'prefix' | 'attempt'> & { signed: [string, string][] }

/** An entry with its place in the log, from 1 (A2). */
export type NumberedEntry = LogEntry & { number: number }

/** An attempt as it was made; `startedAt` is in Unix ms. */
export type Made = { startedAt: number; sent: Sent; outcome: Outcome }

/** Makes the entry of an attempt, by its id. Signatures are shortened: a log must not let anyone replay. */
export function toLogEntry(
  id: string,
  { isManual, redeliveredBy }: Pick<DeliveryToSend, 'isManual' | 'redeliveredBy'>,
  { sent, outcome }: Pick<Made, 'sent' | 'outcome'>,
): StoredEntry {
  const answer = answerOf(outcome)
  const error = explain(outcome)
  return {
    id,
    ...(isManual && { requested_by: redeliveredBy }),
    duration_ms: outcome.durationMs,
    ...(error && { error }),
    ...(answer && { headers_ms: answer.headersMs }),
    sent: shorten(sent),
    ...(answer && { response: toResponse(answer) }),
  }
}

/** An entry's JSON text without what was sent and answered, which is nearly all of it. */
export function toBareEntry(entry: string): string {
  // It was made with toLogEntry.
  const { sent: _sent, response: _response, ...bare } = JSON.parse(entry) as StoredEntry
  return JSON.stringify(bare)
}

/** A delivery and its log. */
export type Logged = { id: string; eventType: string; callId: string | null; attempts: string }

/** What of an entry is taken apart when it is read. */
const Readable = z.looseObject({
  id: z.uuidv7(),
  requested_by: z.string().nullish(),
  duration_ms: z.number().optional(),
  error: z.looseObject({ kind: z.string(), message: z.string() }).nullish(),
  sent: z
    .looseObject({
      prefix: z.string(),
      attempt: z.number(),
      signed: z.array(z.tuple([z.string(), z.string()])),
    })
    .optional(),
  response: z
    .looseObject({
      status: z.number(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    })
    .optional(),
})

/**
 * Reads a delivery's log, oldest first, each attempt numbered by its place. An entry that does not read
 * is passed over, and leaves a gap in the numbers.
 */
export function readLog(delivery: Logged): NumberedEntry[] {
  const stored = readStored(delivery.attempts, z.array(z.unknown()), [])
  return stored.flatMap((one, place) => {
    if (!Readable.safeParse(one).success) return []
    // The consumer wrote it with toLogEntry, and it reads.
    return [{ number: place + 1, ...toWhole(delivery, one as StoredEntry) }]
  })
}

/** An entry with all that was left out of it. */
function toWhole(delivery: Logged, stored: StoredEntry): LogEntry {
  const { id, sent, duration_ms, superseded } = stored
  const startedAt = instantOf(id)
  const isManual = 'requested_by' in stored
  return {
    id,
    trigger: isManual ? 'manual' : 'automatic',
    requested_by: stored.requested_by ?? null,
    started_at: new Date(startedAt).toISOString(),
    duration_ms,
    headers_ms: stored.headers_ms ?? null,
    error: stored.error ?? null,
    ...(sent && {
      response: stored.response ?? null,
      request: { headers: composeAgain(delivery, sent, startedAt, isManual) },
    }),
    ...(superseded && { superseded }),
  }
}

function composeAgain(
  { id, eventType, callId }: Logged,
  { prefix, attempt, signed }: StoredSent,
  startedAt: number,
  isManual: boolean,
): Record<string, string> {
  const timestampS = Math.floor(startedAt / 1000)
  const signature = {
    callingbox: [`t=${timestampS}`, ...signed.map(([hex]) => `v1=${hex}…`)].join(','),
    standard: signed.map(([, base64]) => `v1,${base64}…`).join(' '),
  }
  const about = { id, type: eventType, callId: callId ?? '' }
  return composeHeaders({ ...about, prefix, timestampS, signature, attempt, isManual })
}

function shorten({ prefix, attempt, signature }: Sent): StoredSent {
  const base64s = Array.from(
    signature.standard.matchAll(/v1,([\w+/]{8})/g),
    ([, some = '']) => some,
  )
  const hexes = Array.from(signature.callingbox.matchAll(/v1=(\w{8})/g), ([, some = '']) => some)
  return { prefix, attempt, signed: hexes.map((hex, place) => [hex, base64s[place] ?? '']) }
}

function toResponse({ status, headers, body }: Answer): NonNullable<LogEntry['response']> {
  return { status, headers: fitHeaders(headers), body: fitBody(body) }
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
  const bytes = storedBytes(body)
  if (bytes <= MAX_STORED_BYTES.body) return body
  // What is left may still be too long where the beginning takes more than the rest: then it is cut again.
  const length = Math.floor((body.length * MAX_STORED_BYTES.body) / bytes)
  return fitBody(body.slice(0, length).toWellFormed())
}

function storedBytes(part: unknown): number {
  return new TextEncoder().encode(JSON.stringify(part)).byteLength
}
