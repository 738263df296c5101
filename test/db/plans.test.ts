// How SQLite goes about each statement on deliveries: by a key or an index, never through all of a stage.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { runJobs } from '../../src/jobs.ts'
import { Visitor } from '../dashboard/visitor.ts'
import { watchDatabase } from '../security/orgs/org-guard.ts'
import { World } from '../world.ts'

const MINUTE = 60_000

/** Reads a whole table, or all of a stage: of deliveries these are the names they go by in the SQL. */
const WALK =
  /^(?:SCAN (?:deliveries|[dpnb])(?: |$)|SEARCH \w+ USING (?:PRIMARY KEY \(stage=\?\)$|AUTOMATIC))/

/** Steps that look like a walk: to the first org that has anything new, and through what was found. */
function allowedIn(sql: string): number {
  const firstOrg = /SELECT min\(p\.org_id\) FROM deliveries p WHERE p\.stage = 'new'\s+UNION/g
  return (sql.match(firstOrg) ?? []).length + (sql.match(/\) AS [dn]\b/g) ?? []).length
}

let world: World
let statements: Map<string, unknown[]>
beforeEach(async () => {
  world = await World.create()
  statements = new Map()
  world.db = watchDatabase(env.DB, (sql, values) => {
    if (sql.includes('deliveries')) statements.set(sql, values)
  })
})

/** What happens to deliveries from intake to pruning, with an endpoint that fails, is disabled and deleted. */
async function liveThrough(): Promise<void> {
  const { body: endpoint } = await world.createEndpoint()
  const one = `/v1/webhook_endpoints/${endpoint.id}`
  const call = { id: crypto.randomUUID(), webhook_url: 'https://inline.example/' }
  const { body: event } = await world.send(call, {}, { headers: { 'Idempotency-Key': 'a' } })
  await world.call('GET', `/v1/events/${event.id}`)
  world.receiver.respond(500)
  await world.drain()
  await world.redeliver(event.deliveries[0].id, { headers: { 'Idempotency-Key': 'b' } })
  for (const filter of [{}, { endpoint_id: endpoint.id }, { call_id: call.id }]) {
    world.clock += MINUTE
    await world.call('POST', '/v1/webhook_replays', { filter })
    await world.drain()
  }
  const url = 'https://elsewhere.example/'
  const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter: {}, url })
  await world.pass(5000)
  await world.call('GET', `/v1/webhook_replays/${replay.id}/deliveries`)
  const [{ id }] = event.deliveries
  await world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { url })
  await world.drain()
  await world.send()
  await world.call('PATCH', one, { status: 'disabled' })
  await world.drain()
  await world.call('PATCH', one, { status: 'enabled' })
  await world.send()
  world.fresh.length = 0
  await world.pass(5 * MINUTE)
  await look(endpoint.id, call.id)
  for (const filter of [{}, { endpoint_id: endpoint.id }, { call_id: call.id }]) {
    await world.send()
    world.clock += 1
    await world.call('POST', '/v1/webhook_deliveries/discard', { filter })
  }
  await world.call('DELETE', one)
  for (const days of [1, 40, 40]) {
    world.clock += days * 24 * 60 * MINUTE
    await runJobs(await world.engine(), world.clock)
  }
}

/** All lists, pages and figures. */
async function look(endpointId: string, callId: string): Promise<void> {
  const visitor = await Visitor.signedIn(world)
  for (const status of ['', 'pending', 'delivered', 'exhausted']) {
    const owners = ['', `&endpoint_id=${endpointId}`, `&call_id=${callId}`]
    for (const about of [...owners, ...owners.map((one) => `${one}&event_type=call.failed`)]) {
      const search = `?limit=1${status && `&status=${status}`}${about}`
      const { body } = await world.call('GET', `/v1/webhook_deliveries${search}`)
      const cursor = body.data[0]?.id ?? crypto.randomUUID()
      await world.call('GET', `/v1/webhook_deliveries${search}&starting_after=${cursor}`)
      await world.call('GET', `/v1/webhook_deliveries${search}&ending_before=${cursor}`)
      await visitor.get(`/deliveries/${cursor}`)
    }
  }
  const filters = ['', 'type=call.failed&', `call_id=${callId}&`, 'without_deliveries=true&']
  for (const filter of filters) {
    const { body } = await world.call('GET', `/v1/events?${filter}limit=1`)
    const cursor = body.data[0]?.id ?? crypto.randomUUID()
    await world.call('GET', `/v1/events?${filter}starting_after=${cursor}`)
    await world.call('GET', `/v1/events?${filter}ending_before=${cursor}`)
  }
  for (const path of ['/', '/deliveries', `/endpoints/${endpointId}`, '/endpoints']) {
    await visitor.get(path)
  }
  await world.call('GET', '/healthz', undefined, { key: env.ADMIN_TOKEN })
}

async function planOf(sql: string, values: unknown[]): Promise<string[]> {
  const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values)
  const { results } = await explained.all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

describe('each statement on deliveries', () => {
  it('begins with what is known: no stage, and no table, is read from end to end', async () => {
    await liveThrough()
    expect(statements.size).toBeGreaterThan(60)
    const walks: string[] = []
    for (const [sql, values] of statements) {
      const found = (await planOf(sql, values)).filter((step) => WALK.test(step))
      if (found.length > allowedIn(sql)) walks.push(`${found.join(', ')}: ${sql.slice(0, 200)}`)
    }
    expect(walks).toEqual([])
  })
})
