// Rows as no code of ours writes them: each is shown as what it is, and the others as ever.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { waiveContract } from '../contract.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { World } from '../world.ts'

waiveContract()

let world: World
let visitor: Visitor
let endpointId: string
let deliveryId: string
let eventId: string

beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  endpointId = (await world.createEndpoint()).body.id
  // Ids of one millisecond are in no order.
  world.clock += 1
  await world.createEndpoint({ url: 'https://other.example/' })
  const { body: event } = await world.send({ webhook_url: 'https://inline.example/' })
  eventId = event.id
  deliveryId = event.deliveries.find(
    (one: { endpoint_id: string }) => one.endpoint_id === endpointId,
  ).id
  await world.drain()
  await world.redeliver(deliveryId)
  await world.drain()
})

/** Every page and every answer that reads what is stored. */
function places(): { api: string[]; pages: string[] } {
  return {
    api: [
      '/v1/webhook_endpoints',
      `/v1/webhook_endpoints/${endpointId}`,
      '/v1/webhook_deliveries',
      `/v1/webhook_deliveries?call_id=${crypto.randomUUID()}`,
      `/v1/webhook_deliveries/${deliveryId}`,
      `/v1/events/${eventId}`,
      '/v1/audit_log',
      '/admin/orgs',
      `/admin/orgs/${world.orgId}/api_keys`,
    ],
    pages: [
      '/',
      '/?days=7',
      '/deliveries',
      '/deliveries?type=call.busy',
      `/deliveries/live?ids=${deliveryId}&newest=${deliveryId}`,
      `/deliveries/${deliveryId}`,
      `/deliveries/${deliveryId}?a=1&b=2`,
      `/deliveries/${deliveryId}/body`,
      '/endpoints',
      `/endpoints/${endpointId}`,
      '/settings',
      '/settings/audit-log',
    ],
  }
}

async function look(): Promise<string[]> {
  const { api, pages } = places()
  const seen: string[] = []
  for (const path of api) {
    const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
    const { status } = await world.call('GET', path, undefined, { key })
    seen.push(`${status} ${path}`)
  }
  for (const path of pages) seen.push(`${(await visitor.get(path)).status} ${path}`)
  return seen.filter((one) => !one.startsWith('200'))
}

/** Past what a Date holds, before the year 0, and the largest that SQLite holds. */
const INSTANTS = ['17280000000000000', '-99999999999999', '253402300800000', '9223372036854775807']

const COLUMNS = {
  orgs: ['created_at'],
  api_keys: ['created_at', 'expires_at', 'last_used_at', 'revoked_at'],
  endpoints: ['created_at', 'updated_at', 'disabled_at', 'sweep_at', 'unwell_since'],
  deliveries: ['created_at', 'updated_at', 'next_attempt_at', 'delivered_at', 'sweep_at'],
  events: ['created', 'accepted_at'],
  audit_log: ['at'],
  hourly_stats: ['hour', 'created', 'first_ok', 'latency_ms'],
  signing_secrets: ['created_at', 'expires_at'],
}

async function plantKey(): Promise<void> {
  await world.db
    .prepare(`INSERT INTO api_keys (public_id, id, org_id, name, key_hash, created_at)
      SELECT 'planted1', 'x', org_id, name, 'h', created_at FROM api_keys LIMIT 1`)
    .run()
}

describe('an impossible instant', () => {
  it.each(INSTANTS)('ends no page and no list, as %s in every column', async (at) => {
    expect(await look()).toEqual([])
    // The session's own key must stay good, or there is nothing to see.
    await plantKey()
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const all = columns.map((column) => `${column} = ${at}`).join(', ')
      const which = table === 'api_keys' ? `WHERE public_id = 'planted1'` : ''
      await world.db.prepare(`UPDATE ${table} SET ${all} ${which}`).run()
    }
    expect(await look()).toEqual([])
  })

  it('is answered as the nearest that can be written, and called impossible on a page', async () => {
    const path = `/admin/orgs/${world.orgId}/api_keys`
    await world.db.prepare('UPDATE api_keys SET expires_at = 17280001764000000').run()
    const { body } = await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })
    expect(body.data[0].expires_at).toBe('9999-12-31T23:59:59Z')
    expect((await visitor.get('/settings')).text).toContain('at no possible time')
    await world.db.prepare('UPDATE api_keys SET created_at = -99999999999999').run()
    const again = await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })
    expect(again.body.data[0].created_at).toBe('0000-01-01T00:00:00Z')
  })
})

const TEXTS = [
  '',
  'x',
  '{',
  'null',
  '0',
  '"x"',
  '[]',
  '{}',
  '[null,1,{},[],"x"]',
  '{"disabled":1}',
  '[["never","long",null,null,null,{"error":{}}]]',
  '[["never",1,null,null,null]]',
  '[["019000000000000000000000",1,1,[],[]]]',
  '[["019000000000000000000000",1,1,[1,"x"],[200,[0,1e300,99,"x","alone"],""]]]',
  '[["ffffffffffffffffffffffff",1,null,null,null]]',
]

const JSON_COLUMNS = [
  ['endpoints', 'enabled_events'],
  ['endpoints', 'metadata'],
  ['endpoints', 'client_certificate'],
  ['orgs', 'client_certificate'],
  ['deliveries', 'attempts'],
  ['events', 'skipped'],
  ['audit_log', 'details'],
  ['events', 'call'],
  ['hourly_stats', 'latencies'],
] as const

describe('stored JSON', () => {
  it.each(TEXTS)('ends no page and no list, as %s in every column', async (text) => {
    for (const [table, column] of JSON_COLUMNS) {
      await world.db.prepare(`UPDATE ${table} SET ${column} = ?`).bind(text).run()
    }
    expect(await look()).toEqual([])
  })
})

const INLINE = { webhook_url: 'https://inline.example/' }

describe('a bad row', () => {
  it('is one among others that are shown as ever', async () => {
    const { body: before } = await world.call('GET', '/v1/webhook_endpoints')
    await world.db
      .prepare(`UPDATE endpoints SET enabled_events = '{' WHERE id = ?`)
      .bind(endpointId)
      .run()
    const { body: after } = await world.call('GET', '/v1/webhook_endpoints')
    expect(after.data[0]).toEqual({ ...before.data[0], enabled_events: [] })
    expect(after.data[1]).toEqual(before.data[1])
  })

  it('of an attempt leaves a gap between those that read', async () => {
    await world.db
      .prepare(`UPDATE deliveries SET attempts = json_insert(attempts, '$[#]', json('{}'), '$[#]',
        attempts->'$[0]') WHERE id = ?`)
      .bind(deliveryId)
      .run()
    const { attempts } = await world.delivery(deliveryId)
    expect(attempts.map(({ number }: { number: number }) => number)).toEqual([1, 2, 4])
  })

  it.each(['attempts', 'url'])(
    'of a delivery keeps no other from being sent, as %s',
    async (name) => {
      const [bad, good] = [await world.deliver(INLINE), await world.deliver(INLINE)]
      await world.db.prepare(`UPDATE deliveries SET ${name} = '{' WHERE id = ?`).bind(bad).run()
      await world.drain()
      expect(await world.delivery(good)).toMatchObject({ status: 'delivered' })
    },
  )

  it('of the audit log has null for its details', async () => {
    await world.db.prepare(`UPDATE audit_log SET details = '['`).run()
    const { body } = await world.call('GET', '/v1/audit_log?limit=1')
    expect(body.data[0].details).toBeNull()
  })
})
