// A service on a fresh database with a week to look at, and an org whose webhooks arrive.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { findFreePorts, startDev, until, type DevRun } from '../smoke/dev-run.ts'

const READY_WITHIN_MS = 30_000
const SETTLED_WITHIN_MS = 15_000

/** What has failed stays so until somebody redelivers it. */
const SLOW_RETRIES = 'RETRY_SCHEDULE_SECONDS:3600,3600,7200,18000,36000,86400,86400'

const accepted = z.object({ deliveries: z.array(z.object({ id: z.uuid() })) })
const endpointPage = z.object({
  data: z.array(z.object({ id: z.uuid(), description: z.string() })),
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
  /** Sends an event and answers its first delivery's id. */
  send: (type?: string, call?: object) => Promise<string>
  /** Waits until a delivery is as told. */
  waitFor: (id: string, expected: Partial<z.infer<typeof delivery>>) => Promise<void>
  /** Lets the demo receiver fail its next webhooks. */
  failNext: (times: number) => Promise<void>
  stop: () => Promise<void>
}

/** Starts `npm run dev` on free ports and a database of its own, with the week of `npm run seed` in it. */
export async function startService(): Promise<Service> {
  const stateDir = await mkdtemp(join(tmpdir(), 'callingbox-browser-'))
  const seeding = ['run', 'seed', '--', '--persist-to', stateDir]
  const { stdout } = await promisify(execFile)('npm', seeding)
  const [, weekKey = ''] = /^ {2}Key +(\S+)$/m.exec(stdout) ?? []
  const port = await findFreePorts()
  const run = startDev(['--port', `${port}`, '--persist-to', stateDir, '--var', SLOW_RETRIES])
  await run.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
  const url = `http://localhost:${port}`
  const [, key = ''] = await run.waitFor(/^ {2}Key +(\S+)$/, READY_WITHIN_MS)
  const call = (method: string, path: string, body?: object) => ask(url, key, method, path, body)
  return {
    run,
    url,
    key,
    weekKey,
    call,
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
export async function findWeek({ url, weekKey }: Service): Promise<Record<string, string>> {
  const get = (path: string) => ask(url, weekKey, 'GET', path, undefined)
  const pending = deliveryPage.parse(await get('/v1/webhook_deliveries?status=pending&limit=200'))
  const redelivered = pending.data.find((one) => one.manual_retry_count > 0)
  const all = endpointPage.parse(await get('/v1/webhook_endpoints'))
  const pathOf = (name: string) =>
    `/endpoints/${all.data.find(({ description }) => description.startsWith(name))?.id}`
  return {
    delivery: `/deliveries/${redelivered?.id}`,
    endpoint: pathOf('Appointment desk'),
    'endpoint-failing': pathOf('Billing'),
    'endpoint-disabled': pathOf('Voicemail'),
    'endpoint-recovering': pathOf('Meridian'),
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
