// What is kept of a receiver's answer: bounded, whatever it sends, and told as it came.

/** What came back. `headersMs` is how long its headers took; the body is its beginning, as text. */
export type Answer = {
  status: number
  /** A header that came more than once has its values in lines. */
  headers: Record<string, string>
  body: string
  headersMs: number
  /** The whole header, whatever was kept of the others. */
  retryAfter: string | null
}

/** Bytes of an answer's body that are ever held; the rest is cut off unread (R1). */
export const KEPT_BODY_BYTES = 4096

/** Characters of response headers that are kept, names and values together (R1). */
const MAX_HEADER_CHARS = 4096

/** When headers are too long to be kept whole, these come first: they say most of what went wrong. */
const TELLING = new Set([
  'retry-after',
  'location',
  'content-type',
  'content-encoding',
  'content-length',
  'www-authenticate',
  'server',
  'date',
  'cf-ray',
  'x-request-id',
])

/** What is about a connection and not about the answer (RFC 9110, 7.6.1), which is kept for long. */
const ABOUT_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** Characters of one header that are kept however many others there are. */
const LEAST_SHARE = 128

/** What a receiver answered, as somebody else tells of it. */
export type ToldAnswer = { status: number; headers: Record<string, string>; body: string }

/** What is kept of it, by the same bounds. @throws when a header is none. */
export function keepTold({ status, headers, body }: ToldAnswer, headersMs: number): Answer {
  const all = new Headers(headers)
  const kept = new TextEncoder().encode(body).subarray(0, KEPT_BODY_BYTES)
  const retryAfter = all.get('retry-after')
  return { status, headers: keepHeaders(all), body: decoder.decode(kept), headersMs, retryAfter }
}

/** A byte order mark is kept like any other character. */
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/**
 * Reads what is kept of an answer, until `signal` aborts. A body that drips on is cut then, and one that
 * breaks off is what came of it: the status has come, so the attempt has its result. Never throws.
 */
export async function keepAnswer(
  response: Response,
  headersMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  return {
    status: response.status,
    headers: keepHeaders(response.headers),
    body: response.body ? await readStart(response.body, lengthOf(response.headers), signal) : '',
    headersMs,
    retryAfter: response.headers.get('retry-after'),
  }
}

function keepHeaders(headers: Headers): Record<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of headers) {
    if (ABOUT_THE_CONNECTION.has(name)) continue
    const before = all.get(name)
    // No value contains a line break. Only Set-Cookie comes as it was; the platform joins others by commas.
    all.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  const isWhole = [...all].reduce((sum, header) => sum + sizeOf(header), 0) <= MAX_HEADER_CHARS
  // Entries, because a header may be named __proto__.
  return Object.fromEntries(isWhole ? all : cut([...all]))
}

/**
 * Each gets the same share, and what a short one leaves goes to the longer ones, which are cut: no header
 * can crowd the others out, as they could if they were kept in the order of their names.
 */
function cut(headers: [name: string, value: string][]): [name: string, value: string][] {
  const ordered = headers.toSorted((a, b) => rankOf(a) - rankOf(b) || sizeOf(a) - sizeOf(b))
  let left = MAX_HEADER_CHARS
  return ordered.flatMap(([name, value], place) => {
    const share = Math.max(LEAST_SHARE, Math.floor(left / (ordered.length - place)))
    const room = Math.min(share, left) - name.length
    if (room < 1) return []
    const kept = value.length > room ? `${value.slice(0, room - 1).toWellFormed()}…` : value
    left -= name.length + kept.length
    return [[name, kept]]
  })
}

function rankOf([name]: [string, string]): number {
  return TELLING.has(name) ? 0 : 1
}

function sizeOf([name, value]: [string, string]): number {
  return name.length + value.length
}

/** A body's length in bytes; Infinity where it is not known: that of a compressed one is not what it is unpacked to. */
function lengthOf(headers: Headers): number {
  const length = headers.get('content-length') ?? ''
  return /^\d+$/.test(length) && !headers.has('content-encoding') ? Number(length) : Infinity
}

/**
 * The beginning of a body. It is read into a buffer of ours, so that no more than this is ever unpacked of a
 * compressed one, held of a long one, or taken from one that comes in one piece. That a body of known length
 * has ended is not asked for: most are short, and to ask takes as long as to read.
 */
async function readStart(
  body: ReadableStream,
  whole: number,
  signal: AbortSignal,
): Promise<string> {
  const most = Math.min(whole, KEPT_BODY_BYTES)
  const reader = body.getReader({ mode: 'byob' })
  const cancel = () => void reader.cancel().catch(() => {})
  // It aborts a fetch, but not reliably a body that is already streaming.
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  const kept = new Uint8Array(most)
  let length = 0
  try {
    let buffer = new ArrayBuffer(most)
    while (length < most) {
      const read = await reader.read(new Uint8Array(buffer, 0, most - length))
      if (read.done) break
      kept.set(read.value, length)
      length += read.value.byteLength
      ;({ buffer } = read.value)
    }
  } catch {
    // It broke off: what had come until then is kept.
  }
  if (length < whole) cancel()
  return decoder.decode(kept.subarray(0, length))
}
