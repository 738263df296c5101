// The receiver in a process of its own: answers as told, and writes down every webhook it gets.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { DEFAULT_RULE, type ReceiverRules } from './receiver.ts'

// Written by startReceiver, which is all that starts this file.
const { file } = JSON.parse(process.argv[2] ?? '') as { file: string }
const log = createWriteStream(file)
const rules = new Map(Object.entries<ReceiverRules[string]>({}))
let count = 0

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  void (request.url?.startsWith('/_') ? control(request, response) : receive(request, response))
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') {
    console.log(JSON.stringify({ url: `http://127.0.0.1:${address?.port}` }))
  }
})
process.stdin.on('end', () => log.end(() => process.exit(0))).resume()

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/'
  const at = performance.timeOrigin + performance.now()
  const body = await text(request).catch(() => undefined)
  // Broken off by a runtime that was killed: it was not received.
  if (body === undefined) return
  const hash = createHash('sha256').update(body).digest('base64url')
  count += 1
  const rule = rules.get(path) ?? rules.get('*') ?? DEFAULT_RULE
  const { delayMs, body: answer = 'ok', failsEach = Infinity } = rule
  const status = count % failsEach === 0 ? 500 : rule.status
  const id = request.headers['webhook-id']?.toString()
  log.write(`${at.toFixed(2)} ${path} ${id} ${hash} ${status}\n`)
  // With its length, as most servers answer.
  response.statusCode = status
  if (delayMs > 0) setTimeout(() => response.end(answer), delayMs)
  else response.end(answer)
}

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    rules.clear()
    // Sent by setRules, whose argument has this type.
    const next = JSON.parse(await text(request)) as ReceiverRules
    for (const [path, rule] of Object.entries(next)) rules.set(path, rule)
  }
  // Answered when all that was received until now can be read from the file.
  log.write('', () => response.end(JSON.stringify({ count })))
}
