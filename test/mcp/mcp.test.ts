// The MCP server, asked by the protocol's own client as an agent does it.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

let world: World
/** What the agent's own requests were answered with as their ids. */
let requests: (string | null)[]
beforeEach(async () => {
  world = await World.create()
  requests = []
})

type Told = { text: string; value: Json; isError: boolean }

/** A client that speaks the newest protocol which the server does, or one from before. */
async function connect(options: { key?: string; isOld?: boolean } = {}): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    options.isOld ? {} : { versionNegotiation: { mode: 'auto' } },
  )
  const url = new URL('https://api.callingbox.example/mcp')
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { Authorization: `Bearer ${options.key ?? world.key}` } },
    fetch: async (input, init) => {
      const response = await world.fetch(new URL(String(input)).pathname, init)
      requests.push(response.headers.get('X-Request-Id'))
      return response
    },
  })
  await client.connect(transport)
  return client
}

async function use(name: string, given: Json = {}, client?: Client): Promise<Told> {
  const asked = client ?? (await connect())
  const { content, isError = false } = await asked.callTool({ name, arguments: given })
  const [text = '', value] = content.map((part) => (part.type === 'text' ? part.text : ''))
  return { text, value: value === undefined ? undefined : JSON.parse(value), isError }
}

describe('an agent', () => {
  for (const isOld of [false, true]) {
    it(`finds the tools, ${isOld ? 'by the protocol of 2025' : 'by the newest protocol'}`, async () => {
      const client = await connect({ isOld })
      const { tools } = await client.listTools()
      const looks = tools.filter(({ annotations }) => annotations?.readOnlyHint)
      expect(looks.map(({ name }) => name).toSorted()).toEqual([
        'endpoint_health',
        'explain_delivery',
        'explain_event',
        'find_deliveries',
        'list_endpoints',
        'plan_replay',
        'watch_replay',
      ])
      const acts = tools.filter(({ annotations }) => !annotations?.readOnlyHint)
      expect(acts.map(({ name }) => name).toSorted()).toEqual([
        'check_receiver',
        'control_replay',
        'redeliver_delivery',
        'send_test_event',
        'set_endpoint_status',
        'start_replay',
      ])
      for (const { description, title } of tools)
        expect(`${title}${description}`).not.toMatch(/undefined/)
    })
  }

  it('finds out why a delivery failed, and sends it again', async () => {
    await world.createEndpoint()
    world.receiver.respond(500)
    const { body: event } = await world.send()
    const id = event.deliveries[0].id
    await world.pass(48 * 3_600_000)
    const found = await use('find_deliveries', { status: 'exhausted' })
    expect(found.value.data.map((one: Json) => one.id)).toEqual([id])
    const explained = await use('explain_delivery', { delivery_id: id })
    expect(explained.text).toContain('All 8 automatic attempts failed, the last with “HTTP 500”.')
    expect(explained.text).toContain('use redeliver_delivery')
    expect(explained.value.attempts).toHaveLength(8)
    world.receiver.respond(200)
    const sent = await use('redeliver_delivery', { delivery_id: id, reason: 'mended' })
    expect(sent.value).toMatchObject({ id, status: 'pending' })
    await world.drain()
    const after = await use('explain_delivery', { delivery_id: id })
    expect(after.text).toMatch(/is delivered, after 9 attempts.*nothing is to be done/)
    const [entry] = (await world.call('GET', '/v1/audit_log')).body.data
    expect(entry).toMatchObject({ action: 'delivery.redeliver', details: { reason: 'mended' } })
    expect(requests).toContain(entry.request_id)
    expect((await use('explain_event', { event_id: event.id })).text).toContain('1 destinations')
  })

  it('is told what to do about each state of a delivery', async () => {
    const { body: endpoint } = await world.createEndpoint()
    world.receiver.respond(500)
    const id = await world.deliver()
    expect((await use('explain_delivery', { delivery_id: id })).text).toContain(
      'first attempt is due',
    )
    await world.drain()
    const failed = await use('explain_delivery', { delivery_id: id })
    expect(failed.text).toMatch(
      /The last attempt failed: HTTP 500\. The next attempt is due at .*by itself/,
    )
    const off = await use('set_endpoint_status', { endpoint_id: endpoint.id, status: 'disabled' })
    expect(off.text).toContain('is disabled now')
    const held = await use('explain_delivery', { delivery_id: id })
    expect(held.text).toContain(
      `set_endpoint_status {"endpoint_id":"${endpoint.id}","status":"enabled"}`,
    )
    const refused = await use('redeliver_delivery', { delivery_id: id })
    expect(refused).toMatchObject({ isError: true })
    expect(refused.text).toContain('(endpoint_disabled)')
    const health = await use('endpoint_health', { endpoint_id: endpoint.id })
    expect(health.text).toMatch(/is disabled.*Some deliveries wait/)
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    await world.pass(120_000)
    const deleted = await use('explain_delivery', { delivery_id: id })
    expect(deleted.text).toContain('The endpoint was deleted, so this cannot be sent again.')
  })

  it('plans a replay, starts it once, and watches it', async () => {
    const { body: endpoint } = await world.createEndpoint()
    for (let count = 0; count < 3; count += 1) await world.deliver()
    await world.drain()
    world.clock += 1000
    const plan = await use('plan_replay', { endpoint_id: endpoint.id })
    expect(plan.text).toContain('Nothing is sent yet')
    expect((await world.call('GET', '/v1/webhook_replays')).body.data).toEqual([])
    const asked = { endpoint_id: endpoint.id, reason: 'outage', idempotency_key: 'once' }
    const started = await use('start_replay', asked)
    expect(await use('start_replay', asked)).toEqual(started)
    const id = started.value.id
    await use('control_replay', { replay_id: id, act: 'pause' })
    expect((await use('watch_replay', { replay_id: id })).text).toContain('is paused')
    await use('control_replay', { replay_id: id, act: 'resume' })
    await world.pass(180_000)
    const ended = await use('watch_replay', { replay_id: id })
    expect(ended.text).toContain('is completed: 3 of 3 sent, 3 delivered, 0 failed.')
  })

  it('tries an endpoint, and lists all there are', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const sent = await use('send_test_event', { endpoint_id: endpoint.id })
    expect(sent.value).toMatchObject({ test: true, endpoint_id: endpoint.id })
    expect((await use('list_endpoints')).text).toBe('1 endpoints.')
  })

  it('hears what a receiver gets wrong', async () => {
    const { body: endpoint } = await world.createEndpoint()
    const checked = await use('check_receiver', { endpoint_id: endpoint.id })
    expect(checked.text).toContain('wrong_signature: It answers 200 to a webhook')
    expect(checked.value.ok).toBe(false)
  })

  it('hears for which delivery one waits, and sets it moving', async () => {
    await world.createEndpoint({ ordering: 'call' })
    const id = '0b9c4b1e-0000-4000-8000-000000000001'
    world.receiver.respond(500)
    const first = await world.deliver({ id })
    const second = await world.deliver({ id })
    await world.drain()
    const waits = await use('explain_delivery', { delivery_id: second })
    expect(waits.text).toContain(`It goes once ${first}, the one before it of its call`)
    world.receiver.respond(200)
    await use('redeliver_delivery', { delivery_id: first })
    await world.drain()
    expect((await use('explain_delivery', { delivery_id: second })).text).toContain('took it')
  })
})

describe('what an agent gets wrong', () => {
  it('comes back as a sentence that says what to do', async () => {
    const bad = await use('find_deliveries', { status: 'broken' })
    expect(bad).toMatchObject({ isError: true })
    expect(bad.text).toContain('must be one of pending, delivered, exhausted')
    const none = await use('watch_replay', { replay_id: crypto.randomUUID() })
    expect(none.text).toContain('(not_found)')
    expect((await use('redeliver_delivery', {})).isError).toBe(true)
  })

  it('is asked of no other path, when it should be an id', async () => {
    const client = await connect()
    const { tools } = await client.listTools()
    const given = { status: 'enabled', act: 'cancel' }
    const byId = tools.flatMap(({ name, inputSchema: { required = [] } }) => {
      const about = required.find((member) => member.endsWith('_id'))
      return about === undefined ? [] : [{ name, about }]
    })
    expect(byId).toHaveLength(9)
    for (const { name, about } of byId) {
      for (const id of ['.', '..', '../webhook_endpoints', '%2e%2e', '']) {
        const told = await use(name, { ...given, [about]: id }, client)
        expect([name, id, told.isError, told.text]).toEqual([
          name,
          id,
          true,
          expect.stringContaining('must be a UUID'),
        ])
      }
    }
  })

  it('is refused without a key, with a wrong one, and from another origin (X1)', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    const headers = {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    }
    const bare = await world.fetch('/mcp', { method: 'POST', headers, body })
    expect(bare.status).toBe(401)
    expect(bare.headers.get('WWW-Authenticate')).toBe('Bearer')
    const elsewhere = {
      ...headers,
      Authorization: `Bearer ${world.key}`,
      Origin: 'https://evil.example',
    }
    expect((await world.fetch('/mcp', { method: 'POST', headers: elsewhere, body })).status).toBe(
      404,
    )
    await expect(connect({ key: 'sk_live_none' })).rejects.toThrow(
      /401|invalid_api_key|Unauthorized/i,
    )
    const long = { ...headers, Authorization: `Bearer ${world.key}` }
    const large = await world.fetch('/mcp', {
      method: 'POST',
      headers: long,
      body: 'x'.repeat(300_000),
    })
    expect(large.status).toBe(413)
    expect((await world.call('GET', '/mcp')).status).toBe(405)
  })

  it('does no more than its key may, and says what that takes', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const asked = { name: 'looks', scopes: ['read'] }
    const { body } = await world.call('POST', '/v1/api_keys', asked)
    const client = await connect({ key: body.key })
    expect((await use('explain_delivery', { delivery_id: id }, client)).isError).toBe(false)
    const before = await world.delivery(id)
    const { text, isError } = await use('redeliver_delivery', { delivery_id: id }, client)
    expect({ text, isError }).toEqual({
      text: expect.stringContaining('This takes a key with the scope "operate". Yours has: read.'),
      isError: true,
    })
    expect(await world.delivery(id)).toEqual(before)
  })

  it('reaches nothing of another organization (X1)', async () => {
    await world.createEndpoint()
    const id = await world.deliver()
    const { key } = await world.createOrg('Other')
    const client = await connect({ key })
    expect((await use('explain_delivery', { delivery_id: id }, client)).text).toContain(
      '(not_found)',
    )
    expect((await use('find_deliveries', {}, client)).value.data).toEqual([])
  })
})
