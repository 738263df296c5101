// The start of a replay: what is asked, what is stored, what is refused.
import { beforeEach, describe, expect, it } from 'vitest'
import { expectProblem, instant, issuePaths, uuid } from '../api/http/shapes.ts'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_replays'
const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const SECOND = 1000

let world: World
let endpointId: string
beforeEach(async () => {
  world = await World.create()
  endpointId = (await world.createEndpoint()).body.id
  world.clock += SECOND
})

function start(body: Json = {}, options = {}): Promise<Answered> {
  return world.call('POST', PATH, { filter: {}, ...body }, options)
}

/** Makes deliveries of the endpoint, one each second. */
async function deliver(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    await world.deliver({ id: CALL_ID })
    world.clock += SECOND
  }
}

async function store(query: string): Promise<void> {
  await world.db.prepare(query).run()
}

async function parts(): Promise<string[]> {
  const { results } = await world.db
    .prepare('SELECT endpoint_id FROM replay_parts ORDER BY endpoint_id')
    .all<{ endpoint_id: string }>()
  return results.map(({ endpoint_id }) => endpoint_id)
}

describe(`POST ${PATH}`, () => {
  it('answers the replay that it has started, as GET does', async () => {
    await deliver(3)
    const reason = '  after the outage '
    const { status, body } = await start({ rate_per_second: 2, reason, to: 'current' })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: uuid,
      org_id: world.orgId,
      status: 'running',
      filter: {},
      missing: false,
      to: 'current',
      url: null,
      rate_per_second: 2,
      total: 3,
      total_is_exact: true,
      replayed: 0,
      delivered: 0,
      failed: 0,
      skipped: {},
      held_endpoints: [],
      remaining: 3,
      eta: '2026-11-23T12:00:05Z',
      created_by: expect.stringMatching(/^\w{8}$/),
      reason: 'after the outage',
      created_at: '2026-11-23T12:00:04Z',
      updated_at: instant,
      ended_at: null,
      fault: null,
    })
    expect((await world.call('GET', `${PATH}/${body.id}`)).body).toEqual(body)
  })

  it('has a part for each endpoint there is or was, and for inline deliveries', async () => {
    const { body: other } = await world.createEndpoint()
    const own = await world.createOrg('Other')
    await world.createEndpoint({}, { key: own.key })
    await deliver(1)
    await world.call('DELETE', `/v1/webhook_endpoints/${other.id}`)
    await start()
    expect(new Set(await parts())).toEqual(new Set(['', endpointId, other.id]))
  })

  it('has one part when it is for one endpoint', async () => {
    await deliver(1)
    await start({ filter: { endpoint_id: endpointId } })
    expect(await parts()).toEqual([endpointId])
  })

  it('is completed at once where nothing matches, and is kept', async () => {
    await deliver(1)
    const { status, body } = await start({ filter: { status: 'exhausted' } })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'completed',
      total: 0,
      total_is_exact: true,
      remaining: 0,
      eta: null,
      ended_at: '2026-11-23T12:00:02Z',
    })
    expect((await world.call('GET', `${PATH}/${body.id}`)).body).toEqual(body)
    expect(await parts()).toEqual([])
  })

  it('stands in the audit log', async () => {
    await deliver(2)
    const { body } = await start()
    const { body: log } = await world.call('GET', '/v1/audit_log?limit=1')
    expect(log.data).toMatchObject([
      {
        action: 'replay.start',
        target_type: 'replay',
        target_id: body.id,
        actor: body.created_by,
        details: { total: 2 },
      },
    ])
  })

  it('answers the filter as it was asked for, each list once', async () => {
    const filter = {
      endpoint_id: endpointId,
      status: ['exhausted', 'pending', 'exhausted'],
      event_type: 'call.failed',
      call_id: CALL_ID.toUpperCase(),
      created_after: '2026-11-23T12:00:00.250+01:00',
      created_before: '2026-11-23T12:00:00Z',
    }
    const { body } = await start({ filter })
    expect(body.filter).toEqual({
      endpoint_id: endpointId,
      status: ['exhausted', 'pending'],
      event_type: ['call.failed'],
      call_id: CALL_ID,
      created_after: '2026-11-23T11:00:00.250Z',
      created_before: '2026-11-23T12:00:00Z',
    })
    expect((await world.call('GET', `${PATH}/${body.id}`)).body.filter).toEqual(body.filter)
  })

  it('runs ten of an org at most, and refuses the next without a trace', async () => {
    await deliver(1)
    for (let running = 0; running < 10; running += 1) expect((await start()).status).toBe(201)
    const refused = await start()
    expect(refused.status).toBe(409)
    expectProblem(refused, 'too_many_replays')
    expect((await world.call('GET', PATH)).body.data).toHaveLength(10)
    const { body: log } = await world.call('GET', '/v1/audit_log')
    expect(log.data.filter(({ action }: Json) => action === 'replay.start')).toHaveLength(10)
    expect((await start({ filter: { status: 'exhausted' } })).status).toBe(200)
    const other = await world.createOrg('Other')
    await world.createEndpoint({}, { key: other.key })
    await world.send({}, {}, { key: other.key })
    world.clock += SECOND
    expect((await start({}, { key: other.key })).status).toBe(201)
  })
})

const DAY = '2026-11-23T00:00:00Z'

/** What is refused, and the member that is named. */
const REFUSED: [Json, string][] = [
  [{ filter: undefined }, 'filter'],
  [{ filter: null }, 'filter'],
  [{ filter: [] }, 'filter'],
  [{ filter: 'all' }, 'filter'],
  [{ filter: { endpoint: CALL_ID } }, 'filter.endpoint'],
  [{ filter: { endpoint_id: 'nope' } }, 'filter.endpoint_id'],
  [{ filter: { endpoint_id: [CALL_ID] } }, 'filter.endpoint_id'],
  [{ filter: { status: 'new' } }, 'filter.status'],
  [{ filter: { status: [] } }, 'filter.status'],
  [{ filter: { status: ['pending', 'lost'] } }, 'filter.status'],
  [{ filter: { event_type: 'call.exploded' } }, 'filter.event_type'],
  [{ filter: { event_type: '*' } }, 'filter.event_type'],
  [{ filter: { call_id: 7 } }, 'filter.call_id'],
  [{ filter: { created_after: 'yesterday' } }, 'filter.created_after'],
  [{ filter: { created_after: '2026-11-23' } }, 'filter.created_after'],
  [{ filter: { created_before: 1_795_474_222 } }, 'filter.created_before'],
  [
    { filter: { created_after: DAY, created_before: '2026-11-22T00:00:00Z' } },
    'filter.created_before',
  ],
  [{ rate_per_second: 0 }, 'rate_per_second'],
  [{ rate_per_second: 501 }, 'rate_per_second'],
  [{ rate_per_second: 1.5 }, 'rate_per_second'],
  [{ rate_per_second: -20 }, 'rate_per_second'],
  [{ rate_per_second: '20' }, 'rate_per_second'],
  [{ reason: 'x'.repeat(501) }, 'reason'],
  [{ reason: 7 }, 'reason'],
  [{ to: 'elsewhere' }, 'to'],
  [{ missing: 'yes' }, 'missing'],
  [{ url: '' }, 'url'],
  [{ rate: 20 }, 'rate'],
]

describe(`what POST ${PATH} refuses`, () => {
  it.each(REFUSED)('is %j, by its name, and leaves no trace', async (body, path) => {
    await deliver(1)
    const answer = await start(body)
    expect(issuePaths(answer)).toEqual([path])
    expectProblem(answer, 'invalid_request')
    expect((await world.call('GET', PATH)).body.data).toEqual([])
  })

  it('is not null for what may be left out, nor the ends of what may be', async () => {
    await deliver(1)
    const nothing = { missing: null, rate_per_second: null, reason: null, url: null, to: null }
    expect((await start(nothing)).body).toMatchObject({ rate_per_second: 20, to: 'original' })
    expect((await start({ missing: false, rate_per_second: 1, reason: '' })).status).toBe(201)
    expect((await start({ rate_per_second: 500, reason: '💥'.repeat(500) })).status).toBe(201)
    const filter = { created_after: DAY, created_before: DAY, status: null }
    expect((await start({ filter })).status).toBe(200)
  })
})

describe(`GET ${PATH}`, () => {
  it('lists newest first, page by page, an org’s own only', async () => {
    await deliver(1)
    const ids: string[] = []
    for (let made = 0; made < 3; made += 1) {
      ids.unshift((await start()).body.id)
      world.clock += SECOND
    }
    const { body: first } = await world.call('GET', `${PATH}?limit=2`)
    expect(first.data.map(({ id }: Json) => id)).toEqual(ids.slice(0, 2))
    expect(first.has_more).toBe(true)
    const { body: rest } = await world.call('GET', `${PATH}?starting_after=${ids[1]}`)
    expect(rest).toMatchObject({ data: [{ id: ids[2] }], has_more: false })
    const other = await world.createOrg('Other')
    const { body: none } = await world.call('GET', PATH, undefined, { key: other.key })
    expect(none).toEqual({ data: [], has_more: false })
  })

  it('adds up what the parts have done, and names the endpoints that are held', async () => {
    await deliver(9)
    const { body } = await start({ filter: { endpoint_id: endpointId } })
    await store(`UPDATE replay_parts SET replayed = 4, delivered = 1, failed = 2,
      skipped = '{"changed":1,"endpoint_disabled":2}', canary_sent = 10, canary_failed = 10`)
    await store(`INSERT INTO replay_parts (org_id, replay_id, endpoint_id, replayed, skipped)
      VALUES ('${world.orgId}', '${body.id}', '', 1, '{"changed":1}')`)
    expect((await world.call('GET', `${PATH}/${body.id}`)).body).toMatchObject({
      replayed: 5,
      delivered: 1,
      failed: 2,
      skipped: { changed: 2, endpoint_disabled: 2 },
      held_endpoints: [endpointId],
      remaining: 0,
    })
  })
})
