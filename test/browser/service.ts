// A service on a fresh database with a week to look at, and an org whose webhooks arrive.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { findFreePorts, startDev, until, type DevRun } from '../smoke/dev-run.ts'

const STATE_DIR = join(tmpdir(), 'callingbox-browser-')

const READY_WITHIN_MS = 60_000
const SETTLED_WITHIN_MS = 15_000

/** What has failed stays so until somebody redelivers it. */
const SLOW_RETRIES = ['--var', 'RETRY_SCHEDULE_SECONDS:3600,3600,7200,18000,36000,86400,86400']

/** Two failures exhaust a delivery, and two such deliveries disable an endpoint. */
const SOON_OVER = ['--var', 'RETRY_SCHEDULE_SECONDS:1', '--var', 'DISABLE_AFTER_EXHAUSTED:2']

const accepted = z.object({ deliveries: z.array(z.object({ id: z.uuid() })) })
const endpointPage = z.object({
  data: z.array(z.object({ id: z.uuid(), description: z.string() })),
})
const eventPage = z.object({
  data: z.array(z.object({ id: z.uuid(), skipped: z.array(z.unknown()) })),
})
const replayPage = z.object({
  data: z.array(z.object({ id: z.uuid(), reason: z.string().nullable() })),
})
const deliveryPage = z.object({
  data: z.array(z.object({ id: z.uuid(), manual_retry_count: z.number() })),
})
const delivery = z.object({
  status: z.string(),
  last_error: z.string().nullable(),
  manual_retry_count: z.number(),
})

/** A running service and the means to use it as its customer does. */
export type Service = {
  run: DevRun
  url: string
  key: string
  /** The key of the org that `npm run seed` makes. */
  weekKey: string
  /** Answers what the API does, as JSON. @throws on a refusal. */
  call: (method: string, path: string, body?: object) => Promise<unknown>
  /** The same as the org that `npm run seed` makes. */
  weekCall: (method: string, path: string, body?: object) => Promise<unknown>
  /** Sends an event and answers its first delivery's id. */
  send: (type?: string, call?: object) => Promise<string>
  /** Waits until a delivery is as told. */
  waitFor: (id: string, expected: Partial<z.infer<typeof delivery>>) => Promise<void>
  /** Lets the demo receiver fail its next webhooks. */
  failNext: (times: number) => Promise<void>
  /** Lets the Worker's cron run now, which it does each minute. */
  tick: () => Promise<void>
  stop: () => Promise<void>
}

/** Starts `npm run dev` on free ports and a database of its own, with the week of `npm run seed` in it. */
export async function startService(): Promise<Service> {
  const stateDir = await mkdtemp(STATE_DIR)
  const seeding = ['run', 'seed', '--', '--persist-to', stateDir]
  const { stdout } = await promisify(execFile)('npm', seeding)
  const [, weekKey = ''] = /^ {2}Key +(\S+)$/m.exec(stdout) ?? []
  return serve(stateDir, SLOW_RETRIES, weekKey)
}

/** Starts one without a week, where what fails is soon exhausted and its endpoint disabled. */
export async function startImpatient(): Promise<Service> {
  return serve(await mkdtemp(STATE_DIR), SOON_OVER, '')
}

async function serve(stateDir: string, flags: string[], weekKey: string): Promise<Service> {
  const port = await findFreePorts()
  const run = startDev(['--port', `${port}`, '--persist-to', stateDir, ...flags])
  await run.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
  const url = `http://localhost:${port}`
  const [, key = ''] = await run.waitFor(/^ {2}Key +(\S+)$/, READY_WITHIN_MS)
  const call = (method: string, path: string, body?: object) => ask(url, key, method, path, body)
  const weekCall: Service['weekCall'] = (method, path, body) =>
    ask(url, weekKey, method, path, body)
  return {
    run,
    url,
    key,
    weekKey,
    call,
    weekCall,
    send: async (type = 'call.completed', more = {}) => {
      const event = { type, call: { ...CALL, id: randomUUID(), ...more } }
      const { deliveries } = accepted.parse(await call('POST', '/v1/events', event))
      return deliveries[0]?.id ?? ''
    },
    waitFor: async (id, expected) => {
      await until(`${id} as ${JSON.stringify(expected)}`, SETTLED_WITHIN_MS, async () => {
        const seen = delivery.parse(await call('GET', `/v1/webhook_deliveries/${id}`))
        return JSON.stringify({ ...seen, ...expected }) === JSON.stringify(seen) || undefined
      })
    },
    failNext: async (times) => {
      await fetch(`http://localhost:${port + 1}/_fail?times=${times}&status=503`, {
        method: 'POST',
      })
    },
    tick: async () => {
      await fetch(`${url}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`)
    },
    stop: async () => {
      run.signal('SIGINT', 'group')
      await run.exited
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** A call whose text would do harm where it is not taken as text. */
const CALL = {
  to_number: '+14155550100',
  from_number: '+442071838750',
  status: 'completed',
  direction: 'outbound',
  duration_seconds: 183,
  metadata: { customer: "O'Brien & Söhne", note: '<script>document.title = "broken"</script>' },
}

/** Makes deliveries that have arrived, and one that has failed, whose id it answers. */
export async function sendSome({ send, waitFor, failNext }: Service): Promise<string> {
  for (const type of ['call.queued', 'call.ringing', 'call.failed', 'call.busy', 'call.canceled']) {
    await waitFor(await send(type), { status: 'delivered' })
  }
  await failNext(1)
  const failed = await send('call.completed')
  await waitFor(failed, { status: 'pending', last_error: 'HTTP 503' })
  return failed
}

/** Paths of the week: a delivery that was redelivered in vain, and an endpoint in each state of health. */
export async function findWeek({ weekCall }: Service): Promise<Record<string, string>> {
  const get = (path: string) => weekCall('GET', path)
  const pending = deliveryPage.parse(await get('/v1/webhook_deliveries?status=pending&limit=200'))
  const redelivered = pending.data.find((one) => one.manual_retry_count > 0)
  const all = endpointPage.parse(await get('/v1/webhook_endpoints'))
  const pathOf = (name: string) =>
    `/endpoints/${all.data.find(({ description }) => description.startsWith(name))?.id}`
  const events = eventPage.parse(await get('/v1/events?limit=200'))
  const replays = replayPage.parse(await get('/v1/webhook_replays'))
  const replayOf = (reason: string) =>
    `/replays/${replays.data.find((one) => one.reason?.startsWith(reason))?.id}`
  return {
    delivery: `/deliveries/${redelivered?.id}`,
    endpoint: pathOf('Appointment desk'),
    'endpoint-failing': pathOf('Billing'),
    'endpoint-disabled': pathOf('Voicemail'),
    'endpoint-recovering': pathOf('Meridian'),
    'endpoint-mistyped': pathOf('Scheduling'),
    'test-event': `${pathOf('Appointment desk')}/test`,
    event: `/events/${events.data.find(({ skipped }) => skipped.length > 1)?.id}`,
    'replay-completed': replayOf('The desk'),
    'replay-held': replayOf('Billing'),
  }
}

async function ask(
  url: string,
  key: string,
  method: string,
  path: string,
  body: object | undefined,
): Promise<unknown> {
  const response = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
