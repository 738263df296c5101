// Each error that the document has, provoked: its code, its status, and an answer that is documented there.
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { describeCode, ERROR_CODES, type ErrorCode } from '../../../src/errors.ts'
import { requestMove } from '../../../src/move/move.ts'
import { createNear } from '../../databases/two.ts'
import { World, type Answered } from '../../world.ts'
import { expectProblem } from './shapes.ts'

const ENDPOINTS = '/v1/webhook_endpoints'
const REPLAYS = '/v1/webhook_replays'
const ALL = { filter: {} }
const NOTHING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'
const ADMIN = { key: env.ADMIN_TOKEN }

/** What brings a new service to answer with each code. */
const PROVOKED: Record<Exclude<ErrorCode, 'misconfigured'>, (world: World) => Promise<Answered>> = {
  invalid_request: (world) => world.createEndpoint({ url: '' }),
  invalid_json: (world) => world.call('POST', ENDPOINTS, '{'),
  invalid_api_key: (world) => world.call('GET', ENDPOINTS, undefined, { key: 'sk_none' }),
  insufficient_scope: async (world) => {
    const keys = `/admin/orgs/${world.orgId}/api_keys`
    const { body } = await world.call('POST', keys, { name: 'send', scopes: ['send'] }, ADMIN)
    return world.call('GET', ENDPOINTS, undefined, { key: body.key })
  },
  not_found: (world) => world.call('GET', `${ENDPOINTS}/${NOTHING}`),
  method_not_allowed: (world) => world.call('DELETE', ENDPOINTS),
  endpoint_disabled: async (world) => {
    const { body } = await world.createEndpoint()
    const id = await world.deliver()
    await world.call('PATCH', `${ENDPOINTS}/${body.id}`, { status: 'disabled' })
    return world.redeliver(id)
  },
  endpoint_deleted: async (world) => {
    const { body } = await world.createEndpoint()
    const id = await world.deliver()
    await world.call('DELETE', `${ENDPOINTS}/${body.id}`)
    return world.redeliver(id)
  },
  payload_deleted: async (world) => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.call('DELETE', `/v1/events/${id}/payload`)
    return world.redeliver(id)
  },
  external_id_taken: async (world) => {
    await world.createEndpoint({ external_id: 'billing' })
    return world.createEndpoint({ external_id: 'billing' })
  },
  endpoint_limit_reached: (world) => untilRefused(() => world.createEndpoint(), 101),
  api_key_limit_reached: (world) =>
    untilRefused(() => world.call('POST', '/v1/api_keys', { name: 'one more' }), 101),
  too_many_live_secrets: async (world) => {
    const { body } = await world.createEndpoint()
    return untilRefused(() => {
      world.clock += 1000
      return world.call('POST', `${ENDPOINTS}/${body.id}/rotate_secret`, { overlap_seconds: 60 })
    }, 6)
  },
  redeliver_limit_reached: async (world) => {
    await world.createEndpoint()
    const id = await world.deliver()
    await world.db.prepare('UPDATE deliveries SET manual_retry_count = 1000').run()
    return world.redeliver(id)
  },
  too_many_replays: async (world) => {
    await deliverOne(world)
    return untilRefused(() => world.call('POST', REPLAYS, ALL), 11)
  },
  replay_not_running: async (world) => {
    const replay = await startReplay(world)
    return untilRefused(() => world.call('POST', `${replay}/pause`), 2)
  },
  replay_not_paused: async (world) => world.call('POST', `${await startReplay(world)}/resume`),
  replay_is_over: async (world) => {
    const replay = await startReplay(world)
    await world.call('POST', `${replay}/cancel`)
    return world.call('PATCH', replay, { rate_per_second: 1 })
  },
  idempotency_key_reused: async (world) => {
    const options = { headers: { 'Idempotency-Key': 'once' } }
    await world.createEndpoint({}, options)
    return world.createEndpoint({ description: 'another' }, options)
  },
  too_many_stops: async (world) => {
    let made = 0
    return untilRefused(
      () => world.call('PUT', `/admin/stops/${(made += 1)}.example`, {}, ADMIN),
      101,
    )
  },
  already_there: async () => {
    const world = await createNear()
    return world.call('POST', `/admin/orgs/${world.orgId}/move`, { to: 'DB' }, ADMIN)
  },
  move_under_way: async () => {
    const world = await createNear()
    const asked = { entryId: crypto.randomUUID(), ip: null, requestId: 'r' }
    await requestMove(await world.engine(), world.orgId, 'DB2', asked)
    return world.call('POST', `/admin/orgs/${world.orgId}/move`, { to: 'DB' }, ADMIN)
  },
  payload_too_large: (world) => world.createEndpoint({ description: 'x'.repeat(300_000) }),
  unsupported_media_type: (world) =>
    world.call('POST', ENDPOINTS, 'url', { headers: { 'Content-Type': 'text/plain' } }),
  rate_limited: (world) => {
    world.limiter = () => Promise.resolve(false)
    return world.call('GET', ENDPOINTS, undefined, { key: 'sk_none' })
  },
  quota_exceeded: async (world) => {
    const quotas = { endpoints_per_day: 1 }
    await world.call('PATCH', `/admin/orgs/${world.orgId}`, { quotas }, ADMIN)
    return untilRefused(() => world.createEndpoint(), 2)
  },
  internal_error: (world) => failingBy('no such column: a', world),
  unavailable: (world) => failingBy('D1 DB is overloaded.', world),
}

/** What cannot be provoked here, and why; and where it is. */
const ELSEWHERE: Record<'misconfigured', string> = {
  misconfigured: 'A world is made of vars that make sense: test/api/service.test.ts.',
}

describe('each error of the table', () => {
  it('is provoked, or it is told why not', () => {
    const told = [...Object.keys(PROVOKED), ...Object.keys(ELSEWHERE)]
    expect(told.toSorted()).toEqual(ERROR_CODES.toSorted())
  })

  // Every answer is held against the document as well: its code is documented for its operation.
  it.each(Object.entries(PROVOKED))('is answered where it is due: %s', async (code, provoke) => {
    const answer = await provoke(await World.create())
    expectProblem(answer, code)
    // The keys are those of the table.
    expect(answer.status).toBe(describeCode(code as ErrorCode).status)
  })
})

/** Asks until it is refused, so many times at most; answers the last. */
async function untilRefused(ask: () => Promise<Answered>, most: number): Promise<Answered> {
  let answer = await ask()
  for (let asked = 1; asked < most && answer.status < 400; asked += 1) answer = await ask()
  return answer
}

async function deliverOne(world: World): Promise<void> {
  await world.createEndpoint()
  await world.deliver()
  // A replay is of what there was before it.
  world.clock += 1000
}

/** The path of a replay that runs. */
async function startReplay(world: World): Promise<string> {
  await deliverOne(world)
  const { body } = await world.call('POST', REPLAYS, ALL)
  return `${REPLAYS}/${body.id}`
}

/** An event for a database that fails. */
function failingBy(message: string, world: World): Promise<Answered> {
  world.db = new Proxy(world.db, {
    get: (target, name) =>
      name === 'batch'
        ? () => Promise.reject(new Error(`D1_ERROR: ${message}`))
        : Reflect.get(target, name).bind(target),
  })
  return world.send()
}
