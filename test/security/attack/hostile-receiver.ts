// A receiver that does its worst, over real sockets: each path is one way to harm a sender.
import { createServer, type Socket } from 'node:net'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'

const MB = 1024 * 1024
const CHUNK = Buffer.alloc(MB, 'x')
const DRIP_EVERY_MS = 50

/** 1 GB of zeros in 1 MB: four members, which a gzip stream may have (RFC 1952, section 2.2). */
const bombMember = gzipSync(Buffer.alloc(256 * MB), { level: 9 })
const BOMB = Buffer.concat([bombMember, bombMember, bombMember, bombMember])

/** 480 MB in a few hundred bytes, with the largest window there is: 16 MB. */
const BROTLI_BOMB = brotliCompressSync(Buffer.alloc(480 * MB), {
  params: { [constants.BROTLI_PARAM_LGWIN]: 24 },
})

const DEFLATE_BOMB = deflateSync(Buffer.alloc(256 * MB), { level: 9 })

/** Comes first by name; of 4,096 characters it leaves room for a short length, and for no encoding. */
const PADDING = `A: ${'x'.repeat(4063)}`

/** Ways to answer, by path. Each gets the socket after the request's head was read. */
const ANSWERS: Record<string, (socket: Socket, port: number) => void> = {
  '/gzip-bomb': (socket) => bomb(socket, ['Content-Encoding: gzip'], BOMB),
  '/padded-brotli-bomb': (socket) => bomb(socket, [PADDING, 'Content-Encoding: br'], BROTLI_BOMB),
  '/padded-gzip-bomb': (socket) => bomb(socket, [PADDING, 'Content-Encoding: gzip'], BOMB),
  '/deflate-bomb': (socket) => bomb(socket, ['Content-Encoding: deflate'], DEFLATE_BOMB),
  '/twice-packed-bomb': (socket) =>
    bomb(socket, ['Content-Encoding: gzip, gzip'], gzipSync(bombMember)),
  '/wrongly-named-bomb': (socket) => bomb(socket, ['Content-Encoding: br'], bombMember),
  '/unlike-its-length': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n')
    pour(socket, 64)
  },
  '/breaks-off': (socket) => {
    socket.write('HTTP/1.1 500 No\r\nContent-Length: 60\r\n\r\ntwenty-one bytes came')
    setTimeout(() => socket.destroy(), DRIP_EVERY_MS)
  },
  '/tiny-chunks': (socket) => {
    socket.write('HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n')
    socket.write(`10\r\n${'y'.repeat(16)}\r\n`.repeat(100_000))
  },
  '/gigabyte': (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MB}\r\n\r\n`)
    pour(socket, 1024)
  },
  '/endless-chunks': (socket) => {
    socket.write('HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n')
    drip(socket, () => '1\r\nx\r\n')
  },
  '/drip': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
    drip(socket, () => 'x')
  },
  '/drip-headers': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    drip(socket, (count) => `X-${count}: a\r\n`)
  },
  '/drip-status': (socket) => drip(socket, (count) => 'HTTP/1.1 200 OK'.charAt(count) || ' '),
  '/10000-headers': (socket) => {
    const headers = Array.from({ length: 10_000 }, (_, count) => `X-Header-${count}: value\r\n`)
    socket.end(
      `HTTP/1.1 200 OK\r\n${headers.join('')}Content-Length: 0\r\nConnection: close\r\n\r\n`,
    )
  },
  '/long-header': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX-Long: ')
    pour(socket, 1024)
  },
  '/continue-flood': (socket) => drip(socket, () => 'HTTP/1.1 100 Continue\r\n\r\n'),
  '/redirect-loop': (socket, port) => {
    const location = `http://127.0.0.1:${port}/redirect-loop`
    socket.end(
      `HTTP/1.1 307 Again\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
  },
  '/silence': () => {},
  '/hang-up': (socket) => socket.destroy(),
  '/reset': (socket) => socket.resetAndDestroy(),
  '/garbage': (socket) => socket.end('\u0000\u0001 not HTTP at all \r\n\r\n'),
}

/** The paths, each a way to answer. */
export const HOSTILE_PATHS = Object.keys(ANSWERS)

/** A started receiver: where it is, how often each path was asked for, and its end. */
export type HostileReceiver = {
  url: string
  requests: Map<string, number>
  stop: () => Promise<void>
}

/** Starts one on a free port of this machine. */
export async function startHostileReceiver(): Promise<HostileReceiver> {
  const requests = new Map<string, number>()
  const sockets = new Set<Socket>()
  let port = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    socket.once('data', (head) => {
      const path = /^POST (\S+)/.exec(head.toString('latin1'))?.[1] ?? ''
      requests.set(path, (requests.get(path) ?? 0) + 1)
      ANSWERS[path]?.(socket, port)
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Sends a short body that is long when it is unpacked. */
function bomb(socket: Socket, headers: string[], body: Buffer): void {
  const length = `Content-Length: ${body.length}`
  const head = ['HTTP/1.1 200 OK', ...headers, length, 'Connection: close'].join('\r\n')
  socket.write(`${head}\r\n\r\n`)
  socket.end(body)
}

/** Sends so many MB, as fast as they are taken. */
function pour(socket: Socket, megabytes: number): void {
  if (megabytes === 0 || socket.destroyed) return
  socket.write(CHUNK, () => pour(socket, megabytes - 1))
}

/** Sends a little at a time, for as long as the other side listens. */
function drip(socket: Socket, next: (count: number) => string): void {
  let count = 0
  const timer = setInterval(() => socket.write(next(count++)), DRIP_EVERY_MS)
  socket.once('close', () => clearInterval(timer))
}
