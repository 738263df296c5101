// One HTTP attempt, the only place that sends anything out; whatever happens becomes an Outcome.
import type { World } from '../../world.ts'
import { keepAnswer, type Answer } from './answer.ts'
import type { FailureKind, FailureOutcome, Outcome } from './outcome.ts'

/** What to send and how long it may take, headers and body together, in ms. */
export type WebhookRequest = {
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
  /** From when on it is too late to leave, in Unix ms. */
  until?: number | undefined
}

/** It is too late for a request to leave: nothing of it was sent. */
export class TooLateError extends Error {}

/** What of the world sending takes. */
export type Sender = Pick<World, 'fetch' | 'now' | 'takeConnection'>

/**
 * POSTs once, following no redirect. The status decides, if it comes in time: a body that drips on is
 * cut at the limit and is no failure.
 *
 * A connection that the receiver closed while it was idle is not tried again at once: the runtime says
 * "Network connection lost." of it and of a connection that broke after the receiver had read the POST,
 * and does not tell whether anything left. A second POST could be a second delivery; the next attempt
 * of the schedule is one that the consumer can see.
 * @throws TooLateError.
 */
export async function send(request: WebhookRequest, sender: Sender): Promise<Outcome> {
  const release = await sender.takeConnection('attempt')
  const startedAt = sender.now()
  if (startedAt >= (request.until ?? Infinity)) {
    release()
    throw new TooLateError('its slot has passed')
  }
  const signal = AbortSignal.timeout(request.timeoutMs)
  try {
    const response = await post(request, sender, signal).finally(release)
    const answer = await keepAnswer(response, sender.now() - startedAt, signal)
    const durationMs = sender.now() - startedAt
    const kind = findEdgeFailure(response, answer)
    if (kind === undefined) return { ...answer, kind: 'response', durationMs }
    return { ...failure(kind, durationMs), answer }
  } catch (error) {
    return asFailure(error, signal, request.timeoutMs, sender.now() - startedAt)
  }
}

async function post(
  { url, headers, body }: WebhookRequest,
  { fetch }: Sender,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
}

/**
 * What it means when Cloudflare answers in the receiver's place, because it cannot reach it or refuses
 * its address: by status and code, tried in this order. Locally the same failures throw.
 * Source: Cloudflare's "5xx errors" and "1xxx errors".
 */
const EDGE_FAILURES: [kind: FailureKind, statusAndCode: RegExp][] = [
  ['refused_target', /^403 1003$/],
  ['dns', /^530 1016$/],
  ['tls', /^(52[56]) \1$/],
  ['timeout', /^(52[24]) \1$/],
  ['connection', /^(52[0-7]) \1$|^530 1\d{3}$/],
]

/**
 * A receiver's own answer may mention such a code, too. Cloudflare's is recognized by the whole of its
 * form: plain text of these words and no others, and a code that belongs to the status.
 */
function findEdgeFailure({ headers }: Response, { status, body }: Answer): FailureKind | undefined {
  const code = /^error code: (\d{3,4})\n?$/.exec(body)?.[1]
  const isPlain = /^text\/plain *(?:;|$)/i.test(headers.get('content-type') ?? 'text/plain')
  const isTheirs = (headers.get('server') ?? 'cloudflare') === 'cloudflare'
  const isWhole = Number(headers.get('content-length') ?? body.length) === body.length
  if (code === undefined || !isPlain || !isTheirs || !isWhole) return undefined
  return EDGE_FAILURES.find(([, form]) => form.test(`${status} ${code}`))?.[0]
}

const SENTENCES: Record<FailureKind, string> = {
  timeout: 'no answer in time',
  dns: 'the host name could not be resolved',
  tls: 'the TLS connection could not be set up: check the certificate',
  connection: 'the connection failed or was closed before an answer came',
  refused_target: 'the URL does not lead to a public address',
}

/**
 * What the binding of a client certificate throws where it is not Cloudflare's runtime that has it, and what is said of
 * that. Its name begins with what elsewhere is a sign of TLS.
 */
const NOT_DEPLOYED = { sign: /needs to be run remotely/, binding: /\bmtls_\w+/g }

/** Said of an endpoint with a client certificate where the service runs locally. */
export const ONLY_DEPLOYED =
  'nothing was sent: a client certificate is to be had only where the service is deployed'

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
  const text = String(error).toLowerCase().replaceAll(NOT_DEPLOYED.binding, '')
  if (NOT_DEPLOYED.sign.test(text))
    return { kind: 'connection', message: ONLY_DEPLOYED, durationMs }
  const kind = SIGNS.find(([, words]) => words.some((word) => text.includes(word)))?.[0]
  return failure(kind ?? 'connection', durationMs)
}

function failure(kind: FailureKind, durationMs: number): FailureOutcome {
  return { kind, message: SENTENCES[kind], durationMs }
}
