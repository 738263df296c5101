// Attacks on the running Worker, bundled as it is deployed: hostile targets, names and receivers.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildBundle, type BundledModule } from '../../bench/harness/bundle.ts'
import { localVars, startRuntime, type Runtime } from '../../bench/harness/runtime.ts'
import { createClient, createOrg, makeEvent, type Answer } from '../../bench/harness/service.ts'
import { PUBLIC_TARGETS, REFUSED_TARGETS } from '../../webhook/target-corpus.ts'
import { ADDRESS_SPELLINGS } from '../targets/spellings.ts'
import { REFUSED_LABELS, startDnsStub, type DnsStub } from './dns-stub.ts'
import { HOSTILE_PATHS, startHostileReceiver, type HostileReceiver } from './hostile-receiver.ts'

const MB = 1024 * 1024
const ATTEMPT_TIMEOUT_MS = 5000
const START = { timeout: 120_000 }
const NOT_PUBLIC = "The URL's host does not lead to public addresses."

type Call = (method: string, path: string, body?: object) => Promise<Answer>

let directory: string
let modules: BundledModule[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'callingbox-attack-'))
  modules = await buildBundle(join(directory, 'bundle'), 'src/index.ts')
}, START.timeout)

afterAll(() => rm(directory, { recursive: true, force: true }))

/** Starts the Worker with these vars, and an org in it. */
async function start(name: string, vars: Record<string, string>) {
  const all = { ...localVars(), ...vars }
  const persistTo = join(directory, name)
  const runtime = await startRuntime({ modules, persistTo, vars: all })
  const client = createClient(runtime.address.url)
  const org = await createOrg(client, all.ADMIN_TOKEN, name)
  const call: Call = (method, path, body) =>
    client(method, path, { token: org.key, ...(body && { body }) })
  const anotherOrg = async (): Promise<Call> => {
    const other = await createOrg(client, all.ADMIN_TOKEN, 'another')
    return (method, path, body) => client(method, path, { token: other.key, ...(body && { body }) })
  }
  return { runtime, call, anotherOrg, key: org.key, persistTo, vars: all }
}

/** The first attempt at an event's only delivery. @throws when there is none in time. */
async function firstAttempt(call: Call, webhookUrl: string, withinMs: number) {
  const event = makeEvent()
  const accepted = await call('POST', '/v1/events', {
    ...event,
    call: { ...event.call, webhook_url: webhookUrl },
  })
  return waitForAttempt(call, firstDelivery(accepted), withinMs)
}

function firstDelivery({ body }: Answer): string {
  // The intake answers the deliveries that it made.
  const { deliveries } = body as { deliveries: { id: string }[] }
  return deliveries[0]?.id ?? ''
}

async function waitForAttempt(call: Call, id: string, withinMs: number): Promise<Attempt> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(50)) {
    const { body } = await call('GET', `/v1/webhook_deliveries/${id}`)
    // The route answers a delivery with its attempts.
    const [attempt] = (body as { attempts: Attempt[] }).attempts
    if (attempt) return attempt
  }
  throw new Error(`no attempt at ${id} within ${withinMs} ms`)
}

type Attempt = {
  duration_ms: number
  error: { kind: string; message: string } | null
  response: { status: number; headers: Record<string, string>; body: string } | null
}

describe('targets and names', () => {
  let dns: DnsStub
  let worker: Awaited<ReturnType<typeof start>>

  beforeAll(async () => {
    dns = await startDnsStub()
    worker = await start('targets', {
      ALLOW_HTTP_ENDPOINTS: 'false',
      DOH_URL: dns.url,
      OWN_HOSTS: 'webhooks.callingbox.example,backup.callingbox.example',
    })
  }, START.timeout)

  afterAll(async () => {
    await worker.runtime.stop()
    await dns.stop()
  })

  const create = (url: string) => worker.call('POST', '/v1/webhook_endpoints', { url })

  it('refuses every spelling of a target that is not public: 0 leaks', START, async () => {
    const urls = [...new Set([...Object.values(REFUSED_TARGETS).flat(), ...ADDRESS_SPELLINGS])]
    expect(urls.length).toBeGreaterThanOrEqual(300)
    const leaks: string[] = []
    for (const url of urls) if ((await create(url)).status !== 400) leaks.push(url)
    expect(leaks).toEqual([])
  })

  it('refuses no host that people send webhooks to', START, async () => {
    const refused: string[] = []
    for (const url of PUBLIC_TARGETS) if ((await create(url)).status !== 201) refused.push(url)
    expect(PUBLIC_TARGETS.length).toBeGreaterThanOrEqual(40)
    expect(refused).toEqual([])
  })

  it.each(REFUSED_LABELS)('refuses a host with %s, in the one sentence', START, async (label) => {
    const { status, body } = await create(`https://${label}.example.com/`)
    expect(status).toBe(400)
    expect(body).toMatchObject({ issues: [{ path: 'url', message: NOT_PUBLIC }] })
  })

  it('makes no attempt at a host that has become private (X5)', START, async () => {
    // Another org: an event of this one would go to all those real hosts.
    const call = await worker.anotherOrg()
    const url = 'https://rebinding.example.com/'
    expect((await call('POST', '/v1/webhook_endpoints', { url })).status).toBe(201)
    dns.turnPrivate('rebinding.example.com')
    const accepted = await call('POST', '/v1/events', makeEvent())
    const attempt = await waitForAttempt(call, firstDelivery(accepted), 60_000)
    expect(attempt.error).toEqual({ kind: 'refused_target', message: NOT_PUBLIC })
  })
})

describe('hostile receivers', () => {
  let receiver: HostileReceiver
  let worker: Awaited<ReturnType<typeof start>>
  let before: number
  let attempts: Map<string, Attempt>

  beforeAll(async () => {
    receiver = await startHostileReceiver()
    worker = await start('receivers', { ATTEMPT_TIMEOUT_MS: String(ATTEMPT_TIMEOUT_MS) })
    // Whatever is loaded once is loaded by now.
    await firstAttempt(worker.call, `${receiver.url}/redirect-loop`, 20_000)
    receiver.requests.clear()
    before = memoryOf(worker.runtime).now
    const made = HOSTILE_PATHS.map(async (path) => {
      const attempt = await firstAttempt(worker.call, receiver.url + path, 60_000)
      return [path, attempt] as const
    })
    attempts = new Map(await Promise.all(made))
  }, START.timeout)

  afterAll(async () => {
    await worker.runtime.stop()
    await receiver.stop()
  })

  it.each(HOSTILE_PATHS)('end the attempt in time, and it is recorded: %s (R1)', (path) => {
    const attempt = attempts.get(path)
    expect(attempt?.duration_ms).toBeLessThanOrEqual(ATTEMPT_TIMEOUT_MS * 1.1)
    expect(receiver.requests.get(path)).toBe(1)
    const { headers = {}, body = '' } = attempt?.response ?? {}
    expect(body.length).toBeLessThanOrEqual(4096)
    expect(JSON.stringify(headers).length).toBeLessThanOrEqual(8192)
    expect(attempt?.error?.message.length ?? 0).toBeLessThan(200)
  })

  it.each([
    ['/gzip-bomb', 200, undefined],
    ['/padded-brotli-bomb', 200, undefined],
    ['/padded-gzip-bomb', 200, undefined],
    ['/deflate-bomb', 200, undefined],
    ['/twice-packed-bomb', 200, undefined],
    ['/wrongly-named-bomb', 200, undefined],
    ['/unlike-its-length', 200, undefined],
    ['/breaks-off', 500, 'http_status'],
    ['/tiny-chunks', 500, 'http_status'],
    ['/gigabyte', 200, undefined],
    ['/drip', 200, undefined],
    ['/10000-headers', 200, undefined],
    ['/redirect-loop', 307, 'redirect'],
    ['/endless-chunks', 500, 'http_status'],
    ['/drip-headers', undefined, 'timeout'],
    ['/silence', undefined, 'timeout'],
    ['/reset', undefined, 'connection'],
    ['/garbage', undefined, 'connection'],
  ])('are told apart: %s is %s %s', (path, status, kind) => {
    const attempt = attempts.get(path)
    expect(attempt?.response?.status).toBe(status)
    expect(attempt?.error?.kind).toBe(kind)
  })

  it.each([
    ['/breaks-off', /^twenty-one bytes came$/],
    ['/drip', /^x+$/],
    ['/tiny-chunks', /^y+$/],
    ['/unlike-its-length', /^xx$/],
    ['/gigabyte', /^x{4096}$/],
  ])('have what came of their bodies kept: %s', (path, body) => {
    expect(attempts.get(path)?.response?.body).toMatch(body)
  })

  it('make the Worker grow by less than 128 MB at its peak (R1)', () => {
    const { peak } = memoryOf(worker.runtime)
    expect((peak - before) / MB).toBeLessThan(128)
  })

  it('find no secret in the database’s files (X3)', async () => {
    const url = `${receiver.url}/redirect-loop`
    const { body } = await worker.call('POST', '/v1/webhook_endpoints', { url })
    // The route answers the endpoint with its secret.
    const { signing_secret: secret } = body as { signing_secret: string }
    await worker.runtime.stop()
    const files = readdirSync(worker.persistTo, { recursive: true, withFileTypes: true })
    const contents = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    expect(contents.join('').includes('signing_secrets')).toBe(true)
    const { ADMIN_TOKEN, API_KEY_PEPPER = '', SECRETS_KEYS = '' } = worker.vars
    for (const text of [secret, worker.key, ADMIN_TOKEN, API_KEY_PEPPER, SECRETS_KEYS.slice(6)]) {
      expect(text.length).toBeGreaterThan(20)
      expect(contents.some((content) => content.includes(text))).toBe(false)
    }
  })
})

/** Bytes that workerd has in memory, and had at most. Source: proc_pid_status(5), VmRSS and VmHWM. */
function memoryOf({ pid }: Runtime): { now: number; peak: number } {
  const workerd = execFileSync('pgrep', ['-P', String(pid), 'workerd'], { encoding: 'utf8' }).trim()
  const status = readFileSync(`/proc/${workerd}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
}
