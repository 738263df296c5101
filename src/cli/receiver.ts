// The receiver that webhooks are forwarded to: asked once, and told of as it answered.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** A receiver's answer is waited for so long, headers and body together, in ms: as the service does it. */
const ANSWER_MS = 10_000

/** Bytes of an answer that are passed on; the service keeps no more. */
const MAX_BODY_BYTES = 4096

/** Characters of a header's value, and of a sentence, that the service takes. */
const MAX_HEADER = 4096
const MAX_SENTENCE = 1000

type FailureKind = 'timeout' | 'dns' | 'tls' | 'connection'

/** What came of one request, as the service is told of it. */
export type ToldOutcome = { duration_ms: number } & (
  | { status: number; headers: Record<string, string>; body: string }
  | { error: { kind: FailureKind; message: string } }
)

/** A webhook as a receiver gets it. */
export type Forwarded = { headers: Record<string, string>; body: string }

/**
 * Forwards a webhook. No redirect is followed, and no header is added but those that say where it goes and how long it
 * is. Never throws.
 */
export async function forward(to: URL, webhook: Forwarded): Promise<ToldOutcome> {
  const startedAt = performance.now()
  const elapsed = () => Math.min(Math.round(performance.now() - startedAt), 120_000)
  try {
    const answer = await post(to, webhook)
    return { duration_ms: elapsed(), ...answer }
  } catch (error) {
    return { duration_ms: elapsed(), error: explain(error) }
  }
}

type Answer = { status: number; headers: Record<string, string>; body: string }

function post(to: URL, { headers, body }: Forwarded): Promise<Answer> {
  const request = to.protocol === 'https:' ? requestHttps : requestHttp
  const signal = AbortSignal.timeout(ANSWER_MS)
  const length = { 'Content-Length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const sent = request(to, { method: 'POST', headers: { ...headers, ...length }, signal })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const status = answer.statusCode ?? 0
      const told = { status, headers: flatten(answer.headers) }
      const parts: Buffer[] = []
      let size = 0
      const finish = () => {
        // Part of a character at the end of what is kept is left out.
        const text = new TextDecoder().decode(Buffer.concat(parts).subarray(0, MAX_BODY_BYTES))
        resolve({ ...told, body: text.slice(0, MAX_BODY_BYTES).replace(/\uFFFD$/, '') })
        answer.destroy()
      }
      answer.on('data', (part: Buffer) => {
        parts.push(part)
        size += part.length
        if (size >= MAX_BODY_BYTES) finish()
      })
      // A body that breaks off, or drips on, is what came of it: the status has come.
      answer.on('end', finish)
      answer.on('error', finish)
    })
    sent.end(body)
  })
}

/** Those that the service takes: each by its name, on one line. */
function flatten(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const named = Object.entries(headers).map(
    ([name, value]) => [name, [value ?? ''].flat().join(', ')] as const,
  )
  return Object.fromEntries(
    named.filter(
      ([, value]) => value.length <= MAX_HEADER && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
    ),
  )
}

/** The system's own word first, such as ECONNREFUSED, which says most. */
function explain(error: unknown): { kind: FailureKind; message: string } {
  const { code = '', message = '', name = '' } = Object(error) as Partial<NodeJS.ErrnoException>
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { kind: 'timeout', message: `no answer within ${ANSWER_MS / 1000} s` }
  }
  const isTls = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)
  const kind = isTls ? 'tls' : code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'dns' : 'connection'
  const said = message || code || 'the connection failed'
  return { kind, message: said.slice(0, MAX_SENTENCE) }
}
