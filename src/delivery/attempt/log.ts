// The attempt log: what one entry says, how it is written, and how a delivery's log is read.
import { z } from 'zod'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { readStored } from '../../db/stored-json.ts'
import { composeHeaders, type HeaderParts } from '../../webhook/request.ts'
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
 * WITHOUT ROWID tables), so headers are composed again when they are read. A log that has grown past
 * its limit keeps its later entries without `sent` and `response`.
 */
type StoredEntry = Omit<LogEntry, 'request'> & { sent?: Sent }

/** An entry with its place in the log, from 1 (A2). */
export type NumberedEntry = LogEntry & { number: number }

/** An attempt as it was made; `startedAt` is in Unix ms. */
export type Made = { startedAt: number; sent: Sent; outcome: Outcome }

/** Makes the entry of an attempt, by its id. Signatures are shortened: a log must not let anyone replay. */
export function toLogEntry(
  id: string,
  delivery: Pick<DeliveryToSend, 'isManual' | 'redeliveredBy'>,
  { startedAt, sent, outcome }: Made,
): StoredEntry {
  const answer = answerOf(outcome)
  const { callingbox, standard } = sent.signature
  return {
    id,
    trigger: delivery.isManual ? 'manual' : 'automatic',
    requested_by: delivery.isManual ? delivery.redeliveredBy : null,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: outcome.durationMs,
    headers_ms: answer?.headersMs ?? null,
    error: explain(outcome),
    sent: { ...sent, signature: { callingbox: shorten(callingbox), standard: shorten(standard) } },
    response: answer
      ? { status: answer.status, headers: fitHeaders(answer.headers), body: fitBody(answer.body) }
      : null,
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
  trigger: z.enum(['automatic', 'manual']),
  requested_by: z.string().nullable(),
  started_at: z.iso.datetime().optional(),
  duration_ms: z.number().optional(),
  error: z.looseObject({ kind: z.string(), message: z.string() }).nullish(),
  sent: z
    .looseObject({
      prefix: z.string(),
      timestampS: z.number(),
      signature: z.object({ callingbox: z.string(), standard: z.string() }),
      attempt: z.number(),
    })
    .optional(),
  response: z
    .looseObject({
      status: z.number(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    })
    .nullish(),
})

/**
 * Reads a delivery's log, oldest first, each attempt numbered by its place. An entry that does not read
 * is passed over, and leaves a gap in the numbers.
 */
export function readLog({ id, eventType, callId, attempts }: Logged): NumberedEntry[] {
  const stored = readStored(attempts, z.array(z.unknown()), [])
  return stored.flatMap((one, place) => {
    if (!Readable.safeParse(one).success) return []
    // The consumer wrote it with toLogEntry, and it reads.
    const { sent, ...entry } = one as StoredEntry
    const isManual = entry.trigger === 'manual'
    const parts = sent && { ...sent, id, type: eventType, callId: callId ?? '', isManual }
    const request = parts && { request: { headers: composeHeaders(parts) } }
    return [Object.assign({ number: place + 1 }, entry, request)]
  })
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

function shorten(signatures: string): string {
  return signatures.replaceAll(/(v1[=,][\w+/]{8})[\w+/=]+/g, '$1…')
}
