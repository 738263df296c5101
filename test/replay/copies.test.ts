// Copies: a replay that sends deliveries to another URL, and leaves them and their endpoint as they are.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSignedWith } from '../journeys/verify.ts'
import { World, type Answered, type Json } from '../world.ts'
import { idOf, idsOf, replay, store } from './range.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const ELSEWHERE = 'https://staging.example/hooks'

let world: World
let endpoint: Json
beforeEach(async () => {
  world = await World.create()
  const { body } = await world.createEndpoint()
  endpoint = body
})

/** Starts a replay of all that there is to another URL. */
function copy(body: Json = {}): Promise<Answered> {
  const all = { filter: {}, url: ELSEWHERE, rate_per_second: 100 }
  return world.call('POST', '/v1/webhook_replays', { ...all, ...body })
}

async function copiesOf(id: string, query = ''): Promise<Json> {
  const { body } = await world.call('GET', `/v1/webhook_replays/${id}/deliveries${query}`)
  return body
}

/** Every row of the table, as it stands. */
async function rowsOf(table: string): Promise<Json[]> {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all()
  return results
}

describe('a copy', () => {
  it('has the delivery’s id and body, and a new signature by its endpoint’s secret (P1, P2, P4, P5)', async () => {
    const id = await world.deliver({ note: 'ü' })
    await world.drain()
    world.clock += MINUTE
    const { status, body } = await copy()
    expect([status, body.url, body.total]).toEqual([201, ELSEWHERE, 1])
    await world.pass(10 * SECOND)
    const [original, sent] = world.receiver.received
    expect(sent?.url).toBe(ELSEWHERE)
    expect(sent?.body).toBe(original?.body)
    expect(idsOf(sent ? [sent] : [])).toEqual([id])
    expect(sent && (await isSignedWith(sent, endpoint.signing_secret))).toBe(true)
    expect(sent?.headers.get('CallingBox-Signature')).not.toBe(
      original?.headers.get('CallingBox-Signature'),
    )
    expect(sent?.headers.get('CallingBox-Redelivery')).toBe('true')
  })

  it('of an inline delivery is signed by the org’s own secret', async () => {
    const path = `/admin/orgs/${world.orgId}/default_secret`
    const { body: secret } = await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    await world.deliver({ webhook_url: 'https://own.example/' })
    await world.drain()
    world.clock += MINUTE
    await copy()
    await world.pass(10 * SECOND)
    const sent = world.receiver.received.at(-1)
    expect(sent?.url).toBe(ELSEWHERE)
    expect(sent && (await isSignedWith(sent, secret.signing_secret))).toBe(true)
  })

  it.each([200, 500])(
    'answered with %s leaves the delivery and its endpoint as they were (Y6)',
    async (code) => {
      world.receiver.respond(500)
      await world.deliver()
      await world.drain()
      world.clock += 10 * SECOND
      const before = [await rowsOf('deliveries'), await rowsOf('endpoints')]
      world.receiver.respond(code)
      await copy()
      await world.pass(10 * SECOND)
      expect(world.receiver.received.at(-1)?.url).toBe(ELSEWHERE)
      expect([await rowsOf('deliveries'), await rowsOf('endpoints')]).toEqual(before)
    },
  )

  it('that is slow leaves its endpoint well (Y6)', async () => {
    await store(world, [endpoint.id], 1)
    const before = await rowsOf('endpoints')
    world.sleep = (ms) => new Promise((end) => setTimeout(end, ms === SECOND ? 0 : 5))
    const { promise: isTold, resolve: tell } = Promise.withResolvers<void>()
    world.receiver.answer = async () => {
      await isTold
      return new Response('late')
    }
    const { body } = await copy()
    await world.consume(world.retry.splice(0))
    world.clock += 2 * SECOND
    const consumed = world.consume(world.retry.splice(0))
    await new Promise((end) => setTimeout(end, 50))
    tell()
    await consumed
    expect(await rowsOf('endpoints')).toEqual(before)
    expect(await replay(body.id)).toMatchObject({ replayed: 1, delivered: 1 })
  })

  it('goes past its endpoint’s state: it is sent though that is disabled', async () => {
    await store(world, [endpoint.id], 12)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    const { body } = await copy()
    await world.pass(MINUTE)
    expect(await replay(body.id)).toMatchObject({
      status: 'completed',
      replayed: 12,
      delivered: 12,
      skipped: {},
    })
  })

  it('goes at the replay’s own pace though its endpoint recovers', async () => {
    await store(world, [endpoint.id], 200)
    await env.DB.exec(`UPDATE endpoints SET unwell_since = 1, pace = 1`)
    await env.DB.exec(`UPDATE deliveries SET stage = 'pending', sweep_at = NULL`)
    const { body } = await copy({ rate_per_second: 50 })
    await world.pass(30 * SECOND)
    expect(await replay(body.id)).toMatchObject({ status: 'completed', delivered: 200 })
  })

  it('of a deleted endpoint’s delivery is skipped: nothing is left to sign it with', async () => {
    await store(world, [endpoint.id], 5)
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    const { body } = await copy()
    await world.pass(MINUTE)
    expect(await replay(body.id)).toMatchObject({
      status: 'completed',
      replayed: 0,
      skipped: { endpoint_deleted: 5 },
    })
    expect(world.receiver.received).toEqual([])
  })

  it('may be made of a delivery that was redelivered as often as it can be', async () => {
    await store(world, [endpoint.id], 1)
    await env.DB.exec('UPDATE deliveries SET manual_retry_count = 1000')
    const { body } = await copy()
    await world.pass(MINUTE)
    expect(await replay(body.id)).toMatchObject({ replayed: 1, delivered: 1, skipped: {} })
  })
})

describe('a URL that answers nothing good', () => {
  it('is held after ten, and the replay is paused (canary)', async () => {
    await store(world, [endpoint.id], 100)
    world.receiver.respond(503)
    const { body } = await copy()
    await world.pass(MINUTE)
    expect(world.receiver.received).toHaveLength(10)
    const { body: paused } = await world.call('GET', `/v1/webhook_replays/${body.id}`)
    expect(paused).toMatchObject({
      status: 'paused',
      replayed: 10,
      delivered: 0,
      failed: 10,
      remaining: 90,
      held_endpoints: [endpoint.id],
    })
    world.receiver.respond(200)
    await world.call('POST', `/v1/webhook_replays/${body.id}/resume`)
    await world.pass(3 * MINUTE)
    expect(await replay(body.id)).toMatchObject({ status: 'completed', replayed: 100, failed: 10 })
  })
})

describe('the answers', () => {
  it('are kept with the replay, newest first, page by page', async () => {
    await store(world, [endpoint.id], 3)
    world.receiver.answer = ({ headers }) =>
      headers.get('CallingBox-Event-Id') === idOf(1)
        ? new Response('not here', { status: 404 })
        : new Response('thanks', { headers: { 'X-Staging': 'yes' } })
    const { body } = await copy()
    await world.pass(MINUTE)
    const { data, has_more: hasMore } = await copiesOf(body.id, '?limit=2')
    expect(hasMore).toBe(true)
    expect(data).toMatchObject([
      {
        delivery_id: idOf(2),
        endpoint_id: endpoint.id,
        url: ELSEWHERE,
        status: 'delivered',
        response_status: 200,
        error: null,
        attempt: {
          number: 1,
          trigger: 'manual',
          requested_by: `replay:${body.id}`,
          error: null,
          response: { status: 200, body: 'thanks' },
        },
      },
      {
        delivery_id: idOf(1),
        status: 'failed',
        response_status: 404,
        attempt: { response: { status: 404, body: 'not here' } },
      },
    ])
    const rest = await copiesOf(body.id, `?limit=2&starting_after=${data[1].delivery_id}`)
    expect(rest.data.map((one: Json) => one.delivery_id)).toEqual([idOf(0)])
    expect(rest.has_more).toBe(false)
  })

  it('are to come while a copy is pending', async () => {
    await store(world, [endpoint.id], 1)
    const { body } = await copy()
    await world.consume(world.retry.splice(0))
    const { data } = await copiesOf(body.id)
    expect(data).toMatchObject([{ status: 'pending', response_status: null, attempt: null }])
  })

  it('of an attempt that could not be made say why', async () => {
    await store(world, [endpoint.id], 1)
    world.receiver.answer = () => {
      throw new TypeError('Network connection lost.')
    }
    const { body } = await copy()
    await world.pass(MINUTE)
    const [one] = (await copiesOf(body.id)).data
    expect(one).toMatchObject({ status: 'failed', response_status: null })
    expect(one.error).toEqual(one.attempt.error.message)
  })
})

describe('a start with a URL', () => {
  it.each([
    'http://staging.example/',
    'https://10.0.0.1/',
    'https://api.callingbox.example/x',
    'ftp',
  ])('is refused for %s, as an endpoint’s is, and so is its plan', async (url) => {
    const { status, body: expected } = await world.createEndpoint({ url })
    expect(status).toBe(400)
    for (const dryRun of [false, true]) {
      const { status: refused, body } = await copy({ url, dry_run: dryRun })
      expect([refused, body.code, body.issues]).toEqual([400, expected.code, expected.issues])
    }
    expect(await rowsOf('replays')).toEqual([])
  })

  it.each([{ to: 'current' }, { missing: true }])('is refused together with %o', async (other) => {
    const { status, body } = await copy(other)
    expect([status, body.issues[0].path]).toEqual([400, Object.keys(other)[0]])
  })

  it('is planned without a warning of what does not matter to copies', async () => {
    await store(world, [endpoint.id], 3)
    await env.DB.exec(`UPDATE endpoints SET url = 'https://other.example/'`)
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    const { body } = await copy({ dry_run: true })
    expect([body.total, body.warnings]).toEqual([3, []])
  })
})
