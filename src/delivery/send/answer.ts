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
const MAX_BODY_BYTES = 4096

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

/** Characters of one header that are kept however many others there are. */
const LEAST_SHARE = 128

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
    body: response.body ? await readStart(response.body, signal) : '',
    headersMs,
    retryAfter: response.headers.get('retry-after'),
  }
}

function keepHeaders(headers: Headers): Record<string, string> {
  const all = new Map<string, string>()
  for (const [name, value] of headers) {
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

/**
 * The beginning of a body. It is read into a buffer of ours, so that no more than this is ever unpacked
 * of a compressed one, held of a long one, or taken from one that comes in one piece.
 */
async function readStart(body: ReadableStream, signal: AbortSignal): Promise<string> {
  const reader = body.getReader({ mode: 'byob' })
  const kept = new Uint8Array(MAX_BODY_BYTES)
  let length = 0
  try {
    // The signal aborts a fetch, but not reliably a body that is already streaming: hence the race.
    const end = whenAborted(signal)
    let buffer = new ArrayBuffer(MAX_BODY_BYTES)
    while (length < MAX_BODY_BYTES) {
      const view = new Uint8Array(buffer, 0, MAX_BODY_BYTES - length)
      const read = await Promise.race([reader.read(view), end])
      if (!read || read.done) break
      kept.set(read.value, length)
      length += read.value.byteLength
      ;({ buffer } = read.value)
    }
  } catch {
    // It broke off: what had come until then is kept.
  }
  reader.cancel().catch(() => {})
  return decoder.decode(kept.subarray(0, length))
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
