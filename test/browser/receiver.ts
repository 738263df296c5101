// A receiver on a port of its own: keeps all that comes, and answers as it is told.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What came: the event's id, all headers, and the body's text. */
export type Taken = { id: string; headers: IncomingHttpHeaders; body: string }

/** It answers 200 until `status` is another one, and asks for `retryAfterS` where that is not 0. */
export type Receiver = {
  url: string
  status: number
  retryAfterS: number
  taken: Taken[]
  stop: () => Promise<unknown>
}

/** Starts one that listens until it is stopped. */
export async function startReceiver(): Promise<Receiver> {
  const taken: Taken[] = []
  const server = createServer((request, response) => {
    const { headers } = request
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const id = String(headers['callingbox-event-id'])
      taken.push({ id, headers, body: Buffer.concat(parts).toString() })
      const { status, retryAfterS } = receiver
      if (retryAfterS > 0) response.setHeader('Retry-After', retryAfterS)
      response.writeHead(status).end(`{"answered":${status}}`)
    })
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  // It listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo
  const url = `http://localhost:${port}/hooks`
  const stop = () => new Promise((stopped) => void server.close(stopped))
  const receiver: Receiver = { url, status: 200, retryAfterS: 0, taken, stop }
  return receiver
}
