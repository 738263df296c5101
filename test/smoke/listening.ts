// `callingbox-webhooks listen`, with a receiver that fails first, a connection that breaks, and every way to end it.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { verify } from '../../src/consumer/index.ts'
import { until } from './dev-run.ts'

/** What a line takes to come at most, in ms: an offer waits a second for its look, and a listener a while. */
const LONGEST_MS = 30_000

const Line = z.looseObject({
  event: z.string(),
  delivery_id: z.string().optional(),
  attempt: z.number().optional(),
  status: z.number().nullish(),
  error: z.looseObject({ kind: z.string(), message: z.string() }).nullish(),
})

const Listening = z.object({ endpoint_id: z.string(), signing_secret: z.string() })

const Shown = z.object({
  status: z.string(),
  attempts: z.array(
    z.looseObject({
      error: z.object({ kind: z.string(), message: z.string() }).nullable(),
      response: z.looseObject({ status: z.number(), body: z.string() }).nullish(),
    }),
  ),
})

/** Runs one of the other commands to its end; answers what it printed. */
type Run = (args: string) => Promise<string>

/** The command line, where it is, and its account. */
export type Cli = { bin: string; url: string; key: string; run: Run }

/** Listens as a person does while they write a receiver. */
export async function useListen(cli: Cli): Promise<void> {
  const receiver = await startReceiver()
  const line = await startLine(Number(new URL(cli.url).port))
  const listener = startListener({ ...cli, url: line.url }, receiver.url)
  try {
    const { endpoint_id: id, signing_secret: secret } = Listening.parse(await listener.next())
    await failAndSucceed(cli, listener, receiver, { id, secret })
    await breakOff(cli, listener, line)
    await goDown(cli, listener, receiver, id)
    listener.child.kill('SIGTERM')
    assert.equal((await listener.next()).event, 'removed')
    assert.equal(await listener.ended, 0)
    assert.ok(!(await cli.run('endpoints list')).includes(id), 'the endpoint is still there')
  } finally {
    listener.child.kill('SIGTERM')
    line.close()
    receiver.close()
  }
}

type Receiver = Awaited<ReturnType<typeof startReceiver>>
type Listener = ReturnType<typeof startListener>

async function failAndSucceed(
  { run }: Cli,
  listener: Listener,
  receiver: Receiver,
  { id, secret }: { id: string; secret: string },
): Promise<void> {
  receiver.status = 500
  await run(`endpoints test ${id}`)
  const failed = await listener.next()
  assert.deepEqual([failed.attempt, failed.status], [1, 500])
  const [received] = receiver.received
  assert.ok(received)
  assert.ok((await verify(received.body, received.headers, secret)).ok, 'it does not verify')
  receiver.status = 200
  await run(`deliveries redeliver ${failed.delivery_id}`)
  const good = await listener.next()
  assert.deepEqual([good.attempt, good.status], [2, 200])
  const { status, attempts } = await show(run, failed.delivery_id, 'delivered')
  const answers = attempts.map(({ response }) => [response?.status, response?.body])
  assert.deepEqual(
    [status, answers],
    [
      'delivered',
      [
        [500, 'answers 500'],
        [200, 'answers 200'],
      ],
    ],
  )
}

/** What is sent while nobody can listen comes when somebody can. */
async function breakOff({ run }: Cli, listener: Listener, line: Line): Promise<void> {
  line.cut()
  await run('events send --type call.busy')
  line.mend()
  const after = await listener.next()
  assert.deepEqual([after.event, after.status], ['forwarded', 200])
}

async function goDown(
  { run }: Cli,
  listener: Listener,
  receiver: Receiver,
  id: string,
): Promise<void> {
  receiver.close()
  await run(`endpoints test ${id}`)
  const { error, delivery_id: deliveryId } = await listener.next()
  assert.match(error?.message ?? '', /ECONNREFUSED/)
  const { attempts } = await show(run, deliveryId, 'pending')
  assert.deepEqual(attempts.at(-1)?.error, { kind: 'connection', message: error?.message })
}

/** The delivery, once it has what was told of it. */
async function show(run: Run, id: string | undefined, status: string) {
  return until(`${id} ${status}, with its log`, LONGEST_MS, async () => {
    const shown = Shown.parse(JSON.parse(await run(`deliveries show ${id} --json`)))
    return shown.status === status && shown.attempts.length > 0 ? shown : undefined
  })
}

/** The command, whose lines are taken one by one. */
function startListener({ bin, url, key }: Cli, to: string) {
  const args = [bin, 'listen', '--forward-to', to, '--events', 'call.busy,call.completed', '--json']
  const env = { ...process.env, CALLINGBOX_URL: url, CALLINGBOX_API_KEY: key }
  const child: ChildProcess = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line))
  let taken = 0
  return {
    child,
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
    next: () =>
      until(`line ${taken + 1} of listen`, LONGEST_MS, () => {
        const line = lines[taken]
        if (line === undefined) return undefined
        taken += 1
        return Line.parse(JSON.parse(line))
      }),
  }
}

/** A receiver that answers as it is told to. */
async function startReceiver() {
  const received: { headers: Headers; body: string }[] = []
  const server = createHttpServer((request, response) => {
    const headers = new Headers(Object.entries(request.headers).map(([a, b]) => [a, String(b)]))
    void text(request).then((body) => {
      received.push({ headers, body })
      return response.writeHead(receiver.status).end(`answers ${receiver.status}`)
    })
  })
  const receiver = {
    status: 200,
    received,
    url: `http://127.0.0.1:${await portOf(server)}/hook`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return receiver
}

type Line = Awaited<ReturnType<typeof startLine>>

/** A connection to the service that can be cut, as a network is. */
async function startLine(port: number) {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const service = connect(port, 'localhost')
    for (const socket of [client, service]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => (client.destroy(), service.destroy()))
    }
    client.pipe(service).pipe(client)
  })
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  return {
    url: `http://127.0.0.1:${await portOf(server)}`,
    cut,
    mend: () => {
      isCut = false
    },
    close: () => (cut(), server.close()),
  }
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      // A port's address is an object.
      resolve((server.address() as AddressInfo).port)
    })
  })
}
