// The demo receiver: verifies each webhook's signature, prints a line, and fails when it is told to.
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { isSignatureValid } from './verify-signature.ts'

const MAX_FAILURES = 1000
const SECRET = /^whsec_[\w+/=-]{32,}$/
const HELP = `The demo receiver. It takes webhooks by POST on any path.
  POST /_fail?times=N[&status=S]   answer the next N webhooks with S (500); N = 0 ends it
  POST /_trust                     accept one more secret: the body, whsec_…
`

/** `secrets` are those a signature may be made with; `onTrust` is told of one added at run time. */
export type ReceiverOptions = {
  port: number
  secrets: Set<string>
  onTrust: (secret: string) => Promise<void>
  print: (line: string) => void
}

type Failing = { times: number; status: number }
type Answer = { status: number; text: string }

/** Listens on 127.0.0.1 until the process ends. @throws when the port is taken. */
export async function startReceiver(options: ReceiverOptions): Promise<void> {
  const failing: Failing = { times: 0, status: 500 }
  const server = createServer((request, response) => {
    answer(request, options, failing).then(
      ({ status, text }) => response.writeHead(status).end(text),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve)
  })
}

async function answer(
  request: IncomingMessage,
  options: ReceiverOptions,
  failing: Failing,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://receiver')
  if (request.method !== 'POST') return { status: 200, text: HELP }
  const body = Buffer.concat(await request.toArray())
  if (url.pathname === '/_fail') return failNext(url.searchParams, failing)
  if (url.pathname === '/_trust') return trust(body.toString().trim(), options)
  return receive(request.headers, body, options, failing)
}

function failNext(query: URLSearchParams, failing: Failing): Answer {
  const times = Number(query.get('times') ?? 1)
  const status = Number(query.get('status') ?? 500)
  if (!Number.isInteger(times) || times < 0 || times > MAX_FAILURES) {
    return { status: 400, text: `times is a number from 0 to ${MAX_FAILURES}.\n` }
  }
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    return { status: 400, text: 'status is a number from 300 to 599.\n' }
  }
  Object.assign(failing, { times, status })
  return { status: 200, text: `Webhooks to be answered ${status}: ${times}.\n` }
}

async function trust(secret: string, options: ReceiverOptions): Promise<Answer> {
  if (!SECRET.test(secret)) return { status: 400, text: 'The body is one secret: whsec_…\n' }
  options.secrets.add(secret)
  await options.onTrust(secret)
  return { status: 200, text: 'Webhooks signed with it are valid from now on.\n' }
}

function receive(
  headers: IncomingHttpHeaders,
  body: Buffer,
  options: ReceiverOptions,
  failing: Failing,
): Answer {
  const field = readFields(headers)
  const isValid = [...options.secrets].some((secret) =>
    isSignatureValid(field('signature'), body, secret),
  )
  const status = chooseStatus(isValid, failing)
  const redelivery = field('redelivery') === 'true' ? ', redelivery' : ''
  options.print(
    [
      new Date().toTimeString().slice(0, 8),
      field('event-type'),
      `event ${shorten(field('event-id'))}`,
      `call ${field('call-id')}`,
      `attempt ${field('attempt')}${redelivery}`,
      isValid ? 'valid' : 'INVALID',
      `answered ${status}`,
    ].join('  '),
  )
  return { status, text: '' }
}

function chooseStatus(isValid: boolean, failing: Failing): number {
  if (!isValid) return 400
  if (failing.times === 0) return 200
  failing.times -= 1
  return failing.status
}

// The prefix of the headers is configurable: it is whatever stands before `-event-id`.
function readFields(headers: IncomingHttpHeaders): (name: string) => string {
  const eventId = Object.keys(headers).find((name) => name.endsWith('-event-id'))
  const prefix = eventId?.slice(0, -'-event-id'.length) ?? 'callingbox'
  return (name) => String(headers[`${prefix}-${name}`] ?? headers[`x-${prefix}-${name}`] ?? '–')
}

// The last group of the UUID: the first ones are its time, alike for all events of the minute.
function shorten(id: string): string {
  return `…${id.slice(-12)}`
}
