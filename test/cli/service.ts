// A service that is made up, which says what it was asked; and the command line, which asks it.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url).href)

/** Lost is what is cut off after it came; a body that is a string is sent as it stands. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | 'lost'

export type Service = {
  url: string
  asked: string[]
  askedAt: number[]
  keys: (string | undefined)[]
  bodies: string[]
}

/** The id of whatever such a service answers. */
export const ID = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

/** An endpoint that it may answer, with none of what an endpoint need not have. */
export const ENDPOINT = {
  id: ID,
  url: 'https://a.example/',
  status: 'enabled',
  enabled_events: ['*'],
  description: null,
  disabled_reason: null,
  consecutive_failures: 0,
}

const servers: Server[] = []
const children: ChildProcessWithoutNullStreams[] = []

/** For after all tests of a file. */
export function stopAll(): void {
  for (const server of servers) server.close().closeAllConnections()
  for (const child of children) child.kill('SIGKILL')
}

/** Answers each request by `answer`, the first of which is number 0. */
export async function serve(answer: (number: number, url: URL) => Answer): Promise<Service> {
  const service: Service = { url: '', asked: [], askedAt: [], keys: [], bodies: [] }
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const what = answer(service.asked.length, url)
    service.asked.push(`${request.method} ${url.pathname}`)
    service.askedAt.push(performance.now())
    service.keys.push(request.headers['idempotency-key']?.toString())
    service.bodies.push(await text(request))
    if (what === 'lost') return void request.socket.destroy()
    const { status, body, headers } = what
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const server = createServer((request, response) => void take(request, response))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  service.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  return service
}

export function start(
  { url }: Pick<Service, 'url'>,
  args: string[],
  env: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  const account = { CALLINGBOX_URL: url, CALLINGBOX_API_KEY: 'sk_test', NO_COLOR: '1' }
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...account, ...env },
  })
  children.push(child)
  return child
}

export type Ran = { status: unknown; out: string; err: string }

export async function run(
  service: Pick<Service, 'url'>,
  args: string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = start(service, args, env)
  child.stdin.end(input)
  const exited = once(child, 'exit')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: (await exited)[0], out, err }
}
