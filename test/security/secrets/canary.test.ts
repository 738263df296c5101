// Known secrets and payloads go through everything the service does, and then are looked for everywhere.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { unpackCall } from '../../../src/db/packed-call.ts'
import { World, type Json } from '../../world.ts'

const DAY = 24 * 3600 * 1000

/** What a call holds, in a member's name and in its value. */
const PAYLOAD = ['canary-name-5d1c', 'canary-value-93fe']

/** What an endpoint's own header has: a secret of the customer's, of which four characters are shown. */
const OWN_HEADER = 'canary-own-header-5c1d77e8'
const OWN = { 'X-Gateway': OWN_HEADER, Authorization: `Bearer ${OWN_HEADER}` }

/** What a receiver answers, in a header and in its body. */
const ANSWER = ['canary-header-77aa', 'canary-body-c0de']

let world: World
let secrets: string[]
let errorBodies: string[]
let printed: MockInstance[]

beforeEach(async () => {
  errorBodies = []
  printed = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockReturnValue(),
  )
  world = await World.create()
  secrets = [world.key, env.ADMIN_TOKEN, env.API_KEY_PEPPER, env.SECRETS_KEYS.slice(5), OWN_HEADER]
})

/** Calls, and keeps what an error says. */
async function call(method: string, path: string, body?: unknown, key?: string): Promise<Json> {
  const options = key === undefined ? {} : { key }
  const answered = await world.call(method, path, body, options)
  if (answered.status >= 400) errorBodies.push(JSON.stringify(answered.body))
  if (answered.body?.signing_secret) secrets.push(answered.body.signing_secret)
  if (answered.body?.key) secrets.push(answered.body.key)
  return answered.body
}

async function journey(): Promise<void> {
  const [name = '', value = ''] = PAYLOAD
  const [header = '', body = ''] = ANSWER
  const orgPath = `/admin/orgs/${world.orgId}`
  await call('GET', `${orgPath}/default_secret`, undefined, env.ADMIN_TOKEN)
  await call('POST', `${orgPath}/api_keys`, { name: 'second' }, env.ADMIN_TOKEN)
  const endpoint = await call('POST', '/v1/webhook_endpoints', {
    url: 'https://a.example/',
    headers: OWN,
  })
  const one = `/v1/webhook_endpoints/${endpoint.id}`
  await call('PATCH', one, { headers: { ...OWN, 'X-More': `${OWN_HEADER}, and more` } })
  await call('PATCH', one, { headers: { ...OWN, Host: OWN_HEADER } })
  await call('PATCH', one, { url: 'https://b.example/', headers: { ...OWN, A: '…' } })
  await call('POST', `${one}/rotate_secret`, { overlap_seconds: 600 })
  const link = await call('POST', '/v1/portal_links', { scopes: ['read', 'operate'] })
  secrets.push(String(link.url).split('.').at(-1) ?? '')
  await call('POST', `${orgPath}/rotate_default_secret`, {}, env.ADMIN_TOKEN)
  const calls = [{ webhook_url: 'https://b.example/' }, {}, {}].map((more) => ({
    type: 'call.completed',
    call: { id: crypto.randomUUID(), [name]: value, ...more },
  }))
  const event = await call('POST', '/v1/events', calls[0])
  await call('POST', '/v1/events/batch', { events: calls })
  world.receiver.answer = () => new Response(body, { status: 500, headers: { 'X-A': header } })
  await world.pass(10 * 60_000)
  world.receiver.answer = () => {
    throw new Error(`Network connection lost. ${body}`)
  }
  await world.pass(3600_000)
  world.receiver.respond(200)
  await call('POST', `/v1/webhook_deliveries/${event.deliveries[0].id}/redeliver`)
  await world.pass(3 * DAY)
}

/** Requests that fail, each with something secret in it. */
async function failures(): Promise<void> {
  const [name = '', value = ''] = PAYLOAD
  for (const secret of secrets) {
    await call('GET', '/v1/webhook_endpoints', undefined, secret.slice(0, -1))
    await call('GET', '/v1/webhook_endpoints', undefined, env.ADMIN_TOKEN)
  }
  await call('POST', '/v1/events', `{"call":{"${name}":"${value}"`)
  await call('POST', '/v1/events', { type: 'nope', call: { [name]: value } })
  await call('POST', '/v1/events', { type: 'call.busy', call: { [name]: value, id: 'x' } })
  await call('POST', '/v1/events', `{"type":"call.busy","call":{"${name}":"\\ud800"}}`)
}

/** Every call to D1 fails, or is told so after it was done, at each point of the service's work. */
async function faultyDatabase(): Promise<void> {
  const [name = '', value = ''] = PAYLOAD
  const body = { type: 'call.busy', call: { id: crypto.randomUUID(), [name]: value } }
  for (const words of ['D1_ERROR: disk I/O error', 'Network connection lost', 'overloaded']) {
    for (let healthy = 0; healthy < 3; healthy += 1) {
      world.db = failingAfter(healthy, words)
      await call('POST', '/v1/events', body)
      world.db = failingAfter(healthy, words)
      await call('POST', '/v1/webhook_endpoints', { url: 'https://c.example/', headers: OWN })
      world.db = env.DB
      await call('POST', '/v1/events', body)
      world.db = failingAfter(healthy, words)
      await world.consume(world.fresh.splice(0))
    }
  }
  world.db = env.DB
}

/** A database that works for so many calls, and then fails with these words. */
function failingAfter(healthy: number, words: string): D1Database {
  let calls = 0
  const act = <T>(run: () => Promise<T>): Promise<T> => {
    calls += 1
    return calls > healthy ? Promise.reject(new Error(words)) : run()
  }
  const wrap = (inner: D1PreparedStatement): Json => ({
    inner,
    bind: (...values: unknown[]) => wrap(inner.bind(...values)),
    all: () => act(() => inner.all()),
    raw: () => act(() => inner.raw()),
    run: () => act(() => inner.run()),
  })
  const database = {
    prepare: (query: string) => wrap(env.DB.prepare(query)),
    batch: (statements: Json[]) => act(() => env.DB.batch(statements.map(({ inner }) => inner))),
  }
  // The service calls prepare and batch, and on a statement bind, all, raw and run: all here.
  return database as unknown as D1Database
}

/** Where in the database a text stands, as `table.column`. */
async function columnsWith(text: string): Promise<string[]> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*'`,
  ).all<{ name: string }>()
  const found = new Set<string>()
  for (const { name } of tables) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all()
    for (const row of results) {
      for (const [column, value] of Object.entries(row)) {
        if (String(value).includes(text)) found.add(`${name}.${column}`)
      }
      if (unpack(row)?.includes(text)) found.add(`${name}.call`)
    }
  }
  return [...found]
}

/** The call that a row of events has, as it was sent. */
function unpack(row: Record<string, unknown>) {
  const { call: stored, call_id: callId, listed_under: listedUnder } = row
  return typeof stored === 'string' ? unpackCall(stored, String(callId ?? listedUnder)) : undefined
}

/** A secret as it is, and as bytes that were encoded once more. */
function disguises(secret: string): string[] {
  const hex = Array.from(new TextEncoder().encode(secret), (byte) => byte.toString(16)).join('')
  return [secret, secret.replace(/^whsec_/, ''), btoa(secret).replace(/=+$/, ''), hex]
}

describe('a secret (X3)', () => {
  it('stands in no table, log line, message or error body', async () => {
    const messages: unknown[] = []
    for (const queue of [world.fresh, world.retry]) {
      const push = queue.push.bind(queue)
      queue.push = (...items) => {
        messages.push(...items)
        return push(...items)
      }
    }
    await journey()
    await failures()
    await faultyDatabase()
    expect(secrets.length).toBeGreaterThanOrEqual(9)
    expect(errorBodies.length).toBeGreaterThan(20)
    expect(messages.length).toBeGreaterThan(20)
    const said = JSON.stringify([
      world.logs,
      printed.map(({ mock }) => mock.calls),
      messages,
      errorBodies,
    ])
    for (const secret of secrets.flatMap(disguises)) {
      expect(await columnsWith(secret)).toEqual([])
      expect(said).not.toContain(secret)
    }
    for (const text of [...PAYLOAD, ...ANSWER]) {
      // An issue names the member at fault: the caller's own words, to the caller alone.
      const heard = JSON.stringify([world.logs, printed.map(({ mock }) => mock.calls), messages])
      expect(heard).not.toContain(text)
    }
  })
})

describe('a header of an endpoint (X10)', () => {
  it('came to the receiver, and stands in no answer of the API but covered', async () => {
    await journey()
    const got = world.receiver.received.map(({ headers }) => headers.get('X-Gateway'))
    expect(got.filter((value) => value === OWN_HEADER).length).toBeGreaterThan(2)
    const paths = ['webhook_endpoints', 'webhook_deliveries?limit=200', 'events', 'audit_log']
    const answers = await Promise.all(paths.map((path) => call('GET', `/v1/${path}`)))
    const whole = await Promise.all(
      answers[1].data.map(({ id }: Json) => call('GET', `/v1/webhook_deliveries/${id}`)),
    )
    expect(JSON.stringify(whole)).toContain('"X-Gateway":"…77e8"')
    expect(JSON.stringify([answers, whole])).not.toContain(OWN_HEADER)
  })
})

describe('a payload', () => {
  it('stands in events.call alone', async () => {
    await journey()
    for (const text of PAYLOAD) expect(await columnsWith(text)).toEqual(['events.call'])
  })
})

describe('what a receiver answers', () => {
  it('stands in the attempt log alone', async () => {
    await journey()
    for (const text of ANSWER) expect(await columnsWith(text)).toEqual(['deliveries.attempts'])
  })
})

describe('the search', () => {
  it('finds what is there', async () => {
    expect(await columnsWith(world.orgId)).toContain('api_keys.org_id')
    await env.DB.prepare(`UPDATE orgs SET name = ?`).bind(world.key).run()
    expect(await columnsWith(world.key)).toEqual(['orgs.name'])
  })
})
