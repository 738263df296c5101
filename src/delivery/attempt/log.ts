// The attempt log: what one entry says, how it is written, and how a delivery's log is read.
import { z } from 'zod'
import { attemptUuid, instantOf, isTest, spanOf } from '../../db/ids.ts'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { readStored } from '../../db/stored-json.ts'
import { readCovered } from '../../webhook/own-headers.ts'
import { composeHeaders, type HeaderParts } from '../../webhook/request.ts'
import { answerOf, explain, type AttemptError, type Outcome } from '../send/outcome.ts'
import { readAnswer, shortenAnswer, StoredAnswer } from './stored-answer.ts'

/** What can supersede an attempt: a redelivery, the endpoint's deletion, its being discarded, another's outcome. */
export const SUPERSEDERS = [
  'redelivery',
  'deletion',
  'discard',
  'payload_deletion',
  'attempt',
] as const

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
  /** The delivery before it of its call, for which it had waited as long as its endpoint lets it. */
  overtook?: string
}

/** What of the request's headers no column of the delivery tells; of the endpoint's own what anybody may know. */
export type Sent = Pick<HeaderParts, 'prefix' | 'timestampS' | 'signature' | 'attempt' | 'own'> &
  Pick<DeliveryToSend, 'trace'>

/**
 * An entry as it is stored: a list, because names would be half of it, and there are millions. What another
 * member tells is left out, and worked out when it is read: the id begins with the instant that the attempt
 * started; headers are composed again. A log that has grown past its limit keeps its later entries with null
 * for what was sent and answered; `null` with something sent is no answer.
 */
type StoredEntry = [
  id: string,
  durationMs: number,
  headersMs: number | null,
  sent: StoredSent | null,
  response: z.infer<typeof StoredAnswer> | null,
  rest?: Rest,
]

/** What few have. `requested_by` is there if it was by hand. */
type Rest = {
  requested_by?: string | null
  error?: AttemptError
  superseded?: Superseder
  overtook?: string
}

/**
 * For each secret the beginnings of its signatures, CallingBox's and the standard one, all in one text; the
 * prefix unless it is PREFIX, which it is called where there is a trace behind it; behind a trace, which may be
 * empty, the endpoint's own headers, a line each.
 */
type StoredSent = [attempt: number, signed: string, prefix?: string, trace?: string, own?: string]

/** HEADER_PREFIX's default, in the logs of all who have no other. */
const PREFIX = 'CallingBox'

/** An entry with its place in the log, from 1 (A2). */
export type NumberedEntry = LogEntry & { number: number }

/** Makes the entry of an attempt, by its id. Signatures are shortened: a log must not let anyone replay. */
export function toLogEntry(
  id: string,
  delivery: Pick<DeliveryToSend, 'isManual' | 'redeliveredBy' | 'waitingFor'>,
  { sent, outcome }: { sent: Sent; outcome: Outcome },
): StoredEntry {
  const answer = answerOf(outcome)
  const error = explain(outcome)
  const response = answer ? shortenAnswer(answer, sent.timestampS) : null
  const entry = [
    id,
    outcome.durationMs,
    answer?.headersMs ?? null,
    shorten(sent),
    response,
  ] as const
  const rest = restOf(delivery, error)
  return Object.keys(rest).length === 0 ? [...entry] : [...entry, rest]
}

function restOf(
  {
    isManual,
    redeliveredBy,
    waitingFor,
  }: Pick<DeliveryToSend, 'isManual' | 'redeliveredBy' | 'waitingFor'>,
  error: AttemptError,
): Rest {
  return {
    ...(isManual && { requested_by: redeliveredBy }),
    ...(error && { error }),
    ...(waitingFor !== null && { overtook: waitingFor }),
  }
}

/** An entry's JSON text without what was sent and answered, which is nearly all of it. */
export function toBareEntry(entry: string): string {
  // It was made with toLogEntry.
  const [id, durationMs, headersMs, , , ...rest] = JSON.parse(entry) as StoredEntry
  return JSON.stringify([id, durationMs, headersMs, null, null, ...rest])
}

/** A delivery and its log. */
export type Logged = { id: string; eventType: string; callId: string | null; attempts: string }

/** An entry that reads; what the consumer wrote with toLogEntry does. */
const Readable = z.tuple(
  [
    z.string().regex(/^[0-9a-f]{24}$/),
    z.number(),
    z.number().nullable(),
    z.tuple([z.number(), z.string()], z.string()).nullable(),
    StoredAnswer.nullable(),
  ],
  z.looseObject({
    requested_by: z.string().nullish(),
    error: z.looseObject({ kind: z.string(), message: z.string() }).optional(),
    overtook: z.string().optional(),
  }),
)

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
  const [id, durationMs, headersMs, sent, response, rest = {}] = stored
  const { requested_by: requestedBy, error, superseded, overtook } = rest
  const uuid = attemptUuid(id)
  const startedAt = instantOf(uuid)
  const isManual = requestedBy !== undefined
  return {
    id: uuid,
    trigger: isManual ? 'manual' : 'automatic',
    requested_by: requestedBy ?? null,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: durationMs,
    headers_ms: headersMs,
    error: error ?? null,
    ...(sent && {
      response: response && readAnswer(response, inSeconds(startedAt)),
      request: { headers: composeAgain(delivery, sent, id, isManual) },
    }),
    ...(superseded && { superseded }),
    ...(overtook && { overtook }),
  }
}

/** Whole seconds, in which an attempt is signed. */
function inSeconds(startedAt: number): number {
  return Math.floor(startedAt / 1000)
}

function composeAgain(
  { id, eventType, callId }: Logged,
  [attempt, signed, prefix = PREFIX, trace, own]: StoredSent,
  attemptId: string,
  isManual: boolean,
): Record<string, string> {
  const timestampS = inSeconds(instantOf(attemptUuid(attemptId)))
  const shown = signed.match(SHOWN) ?? []
  const hexes = shown.filter((_, place) => place % 2 === 0)
  const base64s = shown.filter((_, place) => place % 2 === 1)
  const signature = {
    callingbox: [`t=${timestampS}`, ...hexes.map((hex) => `v1=${hex}…`)].join(','),
    standard: base64s.map((base64) => `v1,${base64}…`).join(' '),
  }
  const about = { id, type: eventType, callId: callId ?? '', isTest: isTest(id) }
  const place = within(trace, attemptId)
  return composeHeaders({
    ...about,
    prefix,
    timestampS,
    signature,
    attempt,
    isManual,
    trace: place,
    own: own?.split('\n').map(readCovered),
  })
}

/** An attempt's place in the trace that was kept, if there is one. */
export function within(kept: string | null | undefined, attemptId: string): HeaderParts['trace'] {
  return kept ? { kept, span: spanOf(attemptId) } : undefined
}

/** Characters of a signature that are stored. */
const SHOWN_CHARACTERS = 8
const SHOWN = new RegExp(`.{${SHOWN_CHARACTERS}}`, 'g')

function shorten({ prefix, attempt, signature, trace, own = [] }: Sent): StoredSent {
  // The time of signing comes first in one of them.
  const [, ...hexes] = signature.callingbox.split(',')
  const base64s = signature.standard.split(' ')
  const signed = hexes.map((hex, place) => startOf(hex) + startOf(base64s[place] ?? '')).join('')
  const lines = own.map(([name, covered]) => `${name}: ${covered}`).join('\n')
  if (lines !== '') return [attempt, signed, prefix, trace ?? '', lines]
  if (trace) return [attempt, signed, prefix, trace]
  return prefix === PREFIX ? [attempt, signed] : [attempt, signed, prefix]
}

/** A signature stands behind `v1=` in one header, and behind `v1,` in the other. */
function startOf(signed: string): string {
  const from = 'v1='.length
  return signed.slice(from, from + SHOWN_CHARACTERS)
}
