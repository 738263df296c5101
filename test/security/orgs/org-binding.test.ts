// X2: every statement that touches org data binds the org, in everything that the service does.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOfSide } from '../../../src/db/sides.ts'
import { JOBS as RECURRING } from '../../../src/jobs.ts'
import { World, type Json } from '../../world.ts'
import { findOrgFault, watchDatabase } from './org-guard.ts'

const DAY = 24 * 3600 * 1000

/** The only statements that look across orgs, and why each of them must. */
const AUTHENTICATION = [
  // A caller's org is known by its key alone, and a public id names one key.
  /^select .* from "api_keys" where "api_keys"\."public_id" = \?$/,
  /^update "api_keys" set "last_used_at" = \? where \("api_keys"\."public_id" = \? and /,
]
const GUARD = [
  // Whether a key that was seen before is still live.
  /^SELECT json_extract\('\{\}', CASE WHEN EXISTS \(SELECT 1 FROM api_keys WHERE public_id = \?/,
]
const OPERATOR = [
  // The list of orgs is the operator's.
  /^select "id", "name", "created_at" from "orgs" where \(not EXISTS \(.*\) order by "orgs"\."id" desc limit \?$/,
]
const JOBS = [
  // The sweep takes what is due, whoever's it is; each row goes on with its own org.
  /^UPDATE deliveries .*\bsweep_at <= \?/,
  /^UPDATE deliveries AS d SET stage = 'pending', sweep_at .* WITH RECURSIVE orgs_waiting/,
  /^(?:UPDATE|DELETE FROM) deleted_endpoints .* WHERE sweep_at <= \?/,
  /^UPDATE deliveries .*\bsweep_at <= \?/,
  /^UPDATE endpoints .*\bsweep_at (?:<=|>) \?/,
  /^UPDATE endpoints .*\bunwell_since <= \?/,
  // It looks for endpoints that order no more, whoever's they are; what waits for them is let go under their orgs.
  /^SELECT endpoints\.org_id AS "orgId", .* FROM endpoints INDEXED BY endpoints_unordered /,
  // The cron brings on the replays that are overdue, whoever's they are; each step names its org.
  /^SELECT r\.org_id AS "orgId", r\.id AS "replayId", r\.step FROM replays r WHERE r\.next_step_at <= \?/,
  // It takes the copies that nobody is on, whoever's they are.
  /^UPDATE replay_\w+ AS \w .*\bFROM replay_copies l WHERE l\.sweep_at <= \?/,
  // Retention prunes what is old, whoever's it is.
  /^(?:DELETE FROM \w+ WHERE .* IN \( )?WITH due AS MATERIALIZED \( SELECT o\.id FROM orgs o /,
  /^DELETE FROM idempotency_keys .* WHERE created_at <= \? .*ORDER BY created_at LIMIT \d+\) RETURNING 1$/,
  /^DELETE FROM dead_letters .* WHERE died_at < \? .*ORDER BY died_at LIMIT \d+\) RETURNING 1$/,
  // What nobody listens to is removed, whoever's it is; each is deleted under its own org.
  /^SELECT ep\.org_id AS "orgId", ep\.id AS "endpointId" FROM endpoints ep WHERE ep\.listener < \?/,
  // What is left of deleted orgs goes, whoever's it was; each is deleted under its own org.
  /^SELECT org_id AS "orgId" FROM deleted_orgs ORDER BY deleted_at LIMIT \d+$/,
  // What has happened to the service is told, whoever's it is; each event is stored under its own org, or the operator's.
  /^INSERT INTO notices .* CROSS JOIN api_keys k INDEXED BY api_keys_ending /,
  /^INSERT INTO audit_log .* FROM api_keys k INDEXED BY api_keys_unlogged /,
  /^UPDATE api_keys SET expiry_logged_at = \? WHERE public_id IN \( ?SELECT k\.public_id FROM /,
  /^INSERT INTO notices .* FROM notices was INDEXED BY notices_told /,
  /^DELETE FROM notices WHERE \(org_id, id\) IN \( SELECT was\.org_id/,
  /^DELETE FROM notices WHERE \(org_id, id\) IN \( SELECT n\.org_id/,
  /^UPDATE notices SET id = .* WHERE told_at IS NULL AND at <= \?/,
  /^SELECT ep\.org_id AS "orgId", ep\.id AS "endpointId" FROM \(SELECT 1 WHERE /,
  /^SELECT n\.org_id AS "orgId", .* FROM notices n INDEXED BY notices_untold /,
  // A change of encryption keys reaches the secrets of all; each is written back under its own org.
  /^SELECT org_id .* FROM signing_secrets WHERE substr\(sealed, 1, instr\(sealed, '\.'\) - 1\) = \?/,
  // The roll-up counts the deliveries of all, each into its own org's hours.
  /^SELECT min\(first\) AS at FROM \(.* WHERE d\.org_id = orgs\.id .* FROM orgs CROSS JOIN json_each/,
  /^INSERT INTO hourly_stats .*\(SELECT d\.org_id, .* FROM orgs CROSS JOIN deliveries d WHERE d\.org_id = orgs\.id /,
  // So does it what each org has sent by day; by that, each is judged by its own quotas, and marked by itself.
  /^INSERT INTO usage .* FROM orgs CROSS JOIN deliveries d WHERE d\.org_id = orgs\.id .* GROUP BY org_id, day /,
  /^WITH sent AS MATERIALIZED \( SELECT o\.id AS "orgId", .* CROSS JOIN orgs o WHERE o\.id = sums\.org_id .* WHERE d\.org_id = s\."orgId" /,
  // /healthz counts, and shows nothing of anyone.
  /^SELECT \(SELECT beat_at FROM heartbeats WHERE name = \?\) AS "sweptAt", /,
  /^SELECT \(SELECT min\(first_at\) FROM \( SELECT \* FROM \(WITH RECURSIVE orgs_waiting.* AS "oldestDueAt", .* AS "dueCount"/,
]

let world: World
let actors: Set<unknown>
let statements: { sql: string; values: unknown[]; fault: string | undefined }[]

beforeEach(async () => {
  world = await World.create()
  statements = []
  // Its twin is the org’s, too: whoever names the one may mean both.
  actors = new Set([world.orgId, idOfSide(world.orgId, 'test')])
  world.db = watchDatabase(env.DB, (sql, values) => {
    const fault = findOrgFault(sql, values, (value) => actors.has(value))
    statements.push({ sql: sql.replaceAll(/\s+/g, ' ').trim(), values, fault })
  })
})

/** Everything an org can do, at least once. */
async function useEverything(): Promise<void> {
  const { body: endpoint } = await world.createEndpoint({}, { headers: { 'Idempotency-Key': 'a' } })
  const one = `/v1/webhook_endpoints/${endpoint.id}`
  await world.call('GET', '/v1/webhook_endpoints')
  await world.call('GET', one)
  await world.call('PATCH', one, { description: 'x', enabled_events: ['*'] })
  await world.call('POST', `${one}/rotate_secret`, { overlap_seconds: 60 })
  const call = { id: crypto.randomUUID(), webhook_url: 'https://inline.example/' }
  const { body: event } = await world.send(call, {}, { headers: { 'Idempotency-Key': 'b' } })
  const events = [
    { type: 'call.busy', call },
    { type: 'call.busy', call: {} },
  ]
  await world.call('POST', '/v1/events/batch', { events })
  await world.call('GET', `/v1/events/${event.id}`)
  const [{ id }] = event.deliveries
  const list = '/v1/webhook_deliveries'
  await world.call('GET', '/v1/events')
  await world.call('GET', `/v1/events?type=call.busy&call_id=${call.id}&ending_before=${id}`)
  await world.call('GET', `/v1/events?without_deliveries=true&starting_after=${id}`)
  await world.call('GET', `${list}?event_type=call.busy`)
  const stale = { filter: { event_type: 'call.busy' } }
  await world.call('POST', `${list}/discard`, stale, { headers: { 'Idempotency-Key': 'd' } })
  const filters = ['', 'status=pending', `endpoint_id=${endpoint.id}`, `call_id=${call.id}`]
  for (const filter of filters) {
    await world.call('GET', `${list}?${filter}`)
    await world.call('GET', `${list}?${filter}&starting_after=${id}&limit=1`)
    await world.call('GET', `${list}?${filter}&ending_before=${id}&limit=1`)
    await world.call('GET', `${list}?${filter}&call_id=${call.id}&endpoint_id=${endpoint.id}`)
  }
  world.receiver.respond(500)
  await world.drain()
  world.receiver.respond(200)
  await world.redeliver(id, { headers: { 'Idempotency-Key': 'c' } })
  await world.drain()
  await world.delivery(id)
  for (const filter of [{}, { endpoint_id: endpoint.id }, { call_id: call.id }]) {
    world.clock += 1000
    await world.call('POST', '/v1/webhook_replays', { filter, rate_per_second: 500 })
    await world.drain()
  }
  const url = 'https://elsewhere.example/'
  const { body: replay } = await world.call('POST', '/v1/webhook_replays', { filter: {}, url })
  await world.drain()
  await world.call('GET', `/v1/webhook_replays/${replay.id}/deliveries`)
  const headers = { 'Idempotency-Key': 'd' }
  await world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, { url }, { headers })
  await world.drain()
  await world.call('GET', '/v1/webhook_replays')
  await world.call('PATCH', one, { status: 'disabled' })
  await world.call('PATCH', one, { status: 'enabled' })
  await world.call('DELETE', one)
  await world.call('GET', '/v1/audit_log')
  await world.call('GET', `/v1/audit_log?starting_after=${id}`)
}

/** Statements that bind no org and are not among those that may do so. */
function loose(allowed: RegExp[]): string[] {
  return faulty().filter((sql) => !allowed.some((pattern) => pattern.test(sql)))
}

/** Entries that nothing needed: an exception must have a use. */
function needless(allowed: RegExp[]): RegExp[] {
  return allowed.filter((pattern) => !faulty().some((sql) => pattern.test(sql)))
}

function faulty(): string[] {
  return statements.filter(({ fault }) => fault).map(({ sql }) => sql)
}

describe('a customer’s calls, and the attempts they lead to', () => {
  it('bind the org in every statement but those that authenticate (X2)', async () => {
    await useEverything()
    expect(statements.length).toBeGreaterThan(100)
    expect(loose([...AUTHENTICATION, ...GUARD])).toEqual([])
    expect(needless([...AUTHENTICATION, ...GUARD])).toEqual([])
  })
})

describe('the operator’s calls', () => {
  it('bind the org that they name (X2)', async () => {
    const admin = { key: env.ADMIN_TOKEN }
    const act = (method: string, path: string, body?: Json) => world.call(method, path, body, admin)
    const org = `/admin/orgs/${world.orgId}`
    await act('GET', '/admin/orgs')
    const { body: key } = await act('POST', `${org}/api_keys`, { name: 'x' })
    await act('GET', `${org}/api_keys`)
    await act('POST', `${org}/api_keys/${key.id}/revoke`)
    await act('POST', `${org}/rotate_default_secret`)
    await act('GET', `${org}/default_secret`)
    expect(loose(OPERATOR)).toEqual([])
    expect(needless(OPERATOR)).toEqual([])
  })

  it('insert a new org’s rows under its own id', async () => {
    const { orgId } = await world.createOrg('New')
    actors = new Set([orgId])
    const rows = statements.filter(({ sql }) => /^insert into/i.test(sql))
    expect(rows.length).toBeGreaterThanOrEqual(4)
    for (const { sql, values } of rows) {
      expect(findOrgFault(sql, values, (value) => actors.has(value))).toBeUndefined()
    }
  })
})

describe('the recurring jobs', () => {
  it('look across orgs in these statements alone (X2)', async () => {
    await useEverything()
    statements = []
    world.clock += 40 * DAY
    world.secretsKeys = `new:${btoa('n'.repeat(32))},${env.SECRETS_KEYS}`
    for (const { run } of RECURRING) await run(await world.visited())
    await world.fetch('/healthz')
    await world.call('GET', '/healthz', undefined, { key: env.ADMIN_TOKEN })
    expect(loose(JOBS)).toEqual([])
    expect(needless(JOBS)).toEqual([])
  })
})
