// A service on a fresh database with something to look at: deliveries of every kind.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { findFreePorts, startDev, until, type DevRun } from '../smoke/dev-run.ts'

const READY_WITHIN_MS = 30_000
const SETTLED_WITHIN_MS = 15_000

/** What has failed stays so until somebody redelivers it. */
const SLOW_RETRIES = 'RETRY_SCHEDULE_SECONDS:3600,3600,7200,18000,36000,86400,86400'

const accepted = z.object({ deliveries: z.array(z.object({ id: z.uuid() })) })
const withId = z.object({ id: z.uuid() })
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

/** Starts `npm run dev` on free ports and a database of its own. */
export async function startService(): Promise<Service> {
  const stateDir = await mkdtemp(join(tmpdir(), 'callingbox-browser-'))
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

/** Makes endpoints and deliveries; answers one of each kind. */
export async function seed(service: Service): Promise<{ failed: string; endpoint: string }> {
  const { call, send } = service
  const billing = { url: 'http://localhost:9/hooks/billing', description: 'Billing <b>sync</b>' }
  await call('POST', '/v1/webhook_endpoints', { ...billing, enabled_events: ['call.failed'] })
  const crm = { url: 'http://localhost:9/crm/callingbox?tenant=eu-west-1', description: 'CRM' }
  const made = await call('POST', '/v1/webhook_endpoints', {
    ...crm,
    enabled_events: ['call.no_answer'],
  })
  const types = ['call.queued', 'call.ringing', 'call.answered', 'call.busy', 'call.canceled']
  for (const type of [...types, ...types, ...types]) {
    const id = await send(type)
    await service.waitFor(id, { status: 'delivered' })
  }
  await service.failNext(1)
  const failed = await send('call.completed')
  await service.waitFor(failed, { status: 'pending', last_error: 'HTTP 503' })
  await send('call.failed')
  await send('call.no_answer')
  return { failed, endpoint: withId.parse(made).id }
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
