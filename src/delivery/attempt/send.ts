// One HTTP attempt, the only place that sends anything out; whatever happens becomes an Outcome.
import type { Fetch } from '../engine.ts'
import type { FailureKind, FailureOutcome, Outcome } from './outcome.ts'

/** What to send and how long it may take, headers and body together, in ms. */
export type WebhookRequest = {
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
}

/** The means of an attempt; the clock is in Unix ms. */
export type Sender = { fetch: Fetch; now: () => number }

/** Bytes of an answer's body that are read and kept; the rest is cut off unread (R1). */
const MAX_BODY_BYTES = 4096

/** Characters of response headers that are kept, names and values together (R1). */
const MAX_HEADER_CHARS = 4096

/**
 * POSTs once, following no redirect. The status decides, if it comes in time: a body that drips on is
 * cut at the limit and is no failure.
 */
export async function send(request: WebhookRequest, sender: Sender): Promise<Outcome> {
  const startedAt = sender.now()
  const signal = AbortSignal.timeout(request.timeoutMs)
  try {
    const { fetch } = sender
    const response = await fetch(request.url, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      signal,
    })
    const headersMs = sender.now() - startedAt
    const { status } = response
    const headers = keepHeaders(response.headers)
    const body = await readStart(response, headers, signal)
    const durationMs = sender.now() - startedAt
    return (
      asEdgeFailure(status, body, durationMs) ?? {
        kind: 'response',
        status,
        headers,
        body,
        headersMs,
        durationMs,
      }
    )
  } catch (error) {
    return asFailure(error, signal, request.timeoutMs, sender.now() - startedAt)
  }
}

function keepHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {}
  let left = MAX_HEADER_CHARS
  for (const [name, value] of headers) {
    const size = name.length + value.length
    if (size > left) continue
    left -= size
    kept[name] = value
  }
  return kept
}

/** The beginning of the body, or as much of it as comes in time. */
async function readStart(
  response: Response,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  if (!response.body) return ''
  // The signal aborts a fetch, but not reliably a body that is already streaming: hence the races.
  const aborted = whenAborted(signal)
  if (!isShort(headers)) return readParts(response.body.getReader(), aborted)
  // A reader costs more CPU than signing and sending; most answers are short, say so, and need none.
  const text = await Promise.race([response.text().catch(() => ''), aborted.then(() => '')])
  return text.slice(0, MAX_BODY_BYTES)
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A compressed body could be a thousand times as long as it says. */
function isShort(headers: Record<string, string>): boolean {
  const length = headers['content-length']
  return (
    length !== undefined && Number(length) <= MAX_BODY_BYTES && !('content-encoding' in headers)
  )
}

async function readParts(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  aborted: Promise<void>,
): Promise<string> {
  const cut = aborted.then(() => ({ done: true, value: undefined }) as const)
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    while (bytes < MAX_BODY_BYTES) {
      const { done, value } = await Promise.race([reader.read(), cut])
      if (done) break
      const part = value.subarray(0, MAX_BODY_BYTES - bytes)
      bytes += part.byteLength
      text += decoder.decode(part, { stream: true })
    }
  } catch {
    // The status has come, so the attempt has its result; a body that breaks off changes nothing.
  }
  reader.cancel().catch(() => {})
  return text
}

/**
 * Cloudflare answers in the receiver's place when it cannot reach it: 520–527 and 530 with such a body
 * (530 and 1016: no such name), 403 and 1003 for an address that it refuses.
 * Source: Cloudflare's "5xx errors" and "1xxx errors"; locally the same failures throw.
 */
function asEdgeFailure(status: number, body: string, durationMs: number): FailureOutcome | null {
  const code = /error code: (\d{3,4})/.exec(body.slice(0, 200))?.[1]
  if (code === undefined) return null
  if (status === 530 && code === '1016') return failure('dns', durationMs)
  if (status === 403 && code === '1003') return failure('refused_target', durationMs)
  if (status === 525 || status === 526) return failure('tls', durationMs)
  if (status === 522 || status === 524) return failure('timeout', durationMs)
  if ((status >= 520 && status <= 527) || status === 530) return failure('connection', durationMs)
  return null
}

const SENTENCES: Record<FailureKind, string> = {
  timeout: 'no answer in time',
  dns: 'the host name could not be resolved',
  tls: 'the TLS connection could not be set up: check the certificate',
  connection: 'the connection failed or was closed before an answer came',
  refused_target: 'the URL does not lead to a public address',
}

/** What the runtime says of each kind of failure, in lower case, tried in this order. */
const SIGNS: [kind: FailureKind, words: string[]][] = [
  ['dns', ['dns', 'resolve', 'enotfound', 'getaddrinfo']],
  ['tls', ['tls', 'ssl', 'certificate', 'handshake']],
]

function asFailure(
  error: unknown,
  signal: AbortSignal,
  timeoutMs: number,
  durationMs: number,
): FailureOutcome {
  if (signal.aborted) {
    const message = `no answer within ${timeoutMs / 1000} s`
    return { kind: 'timeout', message, durationMs }
  }
  const text = String(error).toLowerCase()
  const kind = SIGNS.find(([, words]) => words.some((word) => text.includes(word)))?.[0]
  return failure(kind ?? 'connection', durationMs)
}

function failure(kind: FailureKind, durationMs: number): FailureOutcome {
  return { kind, message: SENTENCES[kind], durationMs }
}
