// POST …/redeliver with a `url`: a replay of one, which leaves the delivery as it is.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered, type Json } from '../world.ts'
import { isSignedWith } from './verify.ts'

const ELSEWHERE = 'https://tunnel.example/hooks'

let world: World
let endpoint: Json
let id: string
beforeEach(async () => {
  world = await World.create()
  endpoint = (await world.createEndpoint()).body
  id = await world.deliver()
  await world.drain()
  world.clock += 60_000
})

function redeliver(body: Json, headers: Record<string, string> = {}): Promise<Answered> {
  return world.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, body, { headers })
}

async function count(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')
}

describe('a redelivery to another URL', () => {
  it('sends one copy, answers the delivery unchanged, and names the replay', async () => {
    const { attempts: _log, ...before } = await world.delivery(id)
    const { status, body } = await redeliver({ url: ELSEWHERE, reason: 'try it' })
    expect([status, body]).toEqual([200, { ...before, copied_by: expect.any(String) }])
    await world.drain()
    const [original, sent, ...more] = world.receiver.received
    expect(more).toEqual([])
    expect([sent?.url, sent?.body]).toEqual([ELSEWHERE, original?.body])
    expect(sent && (await isSignedWith(sent, endpoint.signing_secret))).toBe(true)
    const { attempts, ...after } = await world.delivery(id)
    expect([after, attempts.length]).toEqual([before, 1])
    const { body: found } = await world.call('GET', `/v1/webhook_replays/${body.copied_by}`)
    expect(found).toMatchObject({
      status: 'completed',
      filter: { delivery_id: id },
      url: ELSEWHERE,
      reason: 'try it',
      total: 1,
      total_is_exact: true,
      replayed: 1,
      delivered: 1,
      failed: 0,
      remaining: 0,
    })
    const path = `/v1/webhook_replays/${body.copied_by}/deliveries`
    const { body: copies } = await world.call('GET', path)
    expect(copies.data).toMatchObject([{ delivery_id: id, status: 'delivered' }])
  })

  it('goes out though the endpoint is disabled, and is 409 when that is deleted (S3)', async () => {
    await world.call('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { status: 'disabled' })
    expect((await redeliver({ url: ELSEWHERE })).status).toBe(200)
    await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
    const { status, body } = await redeliver({ url: ELSEWHERE })
    expect([status, body.code]).toEqual([409, 'endpoint_deleted'])
    expect(await count('replays')).toBe(1)
  })

  it('is 404 for another org’s delivery as for none (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const ask = (one: string) =>
      world.call('POST', `/v1/webhook_deliveries/${one}/redeliver`, { url: ELSEWHERE }, { key })
    const [other, none] = [await ask(id), await ask(crypto.randomUUID())]
    expect([other.status, other.body.code]).toEqual([404, 'not_found'])
    expect([none.status, none.body.error]).toEqual([other.status, other.body.error])
    expect(await count('replays')).toBe(0)
  })

  it('is refused as an endpoint’s URL is, and together with `to`', async () => {
    const url = 'https://127.0.0.1/'
    const { body: expected } = await world.createEndpoint({ url })
    const { status, body } = await redeliver({ url })
    expect([status, body.issues]).toEqual([400, expected.issues])
    const both = await redeliver({ url: ELSEWHERE, to: 'current' })
    expect([both.status, both.body.issues[0].path]).toEqual([400, 'to'])
  })

  it('acts once for an Idempotency-Key, and answers as it did, without asking about the URL again (I1)', async () => {
    const headers = { 'Idempotency-Key': 'k' }
    const first = await redeliver({ url: ELSEWHERE }, headers)
    await world.drain()
    await world.redeliver(id)
    const again = await redeliver({ url: ELSEWHERE }, headers)
    expect([again.status, again.body]).toEqual([200, first.body])
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
    expect(await count('replay_copies')).toBe(1)
    const other = await redeliver({ url: 'https://other.example/' }, headers)
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_reused'])
  })

  it('acts once for two requests at once with an Idempotency-Key (I1)', async () => {
    const headers = { 'Idempotency-Key': 'k' }
    const ask = () => redeliver({ url: ELSEWHERE }, headers)
    const [one, other] = await Promise.all([ask(), ask()])
    expect([one.status, other.status, other.body]).toEqual([200, 200, one.body])
    expect(await count('replay_copies')).toBe(1)
  })

  it('is in the audit log, as the start of a replay', async () => {
    const { body } = await redeliver({ url: ELSEWHERE })
    const { body: log } = await world.call('GET', '/v1/audit_log')
    expect(log.data[0]).toMatchObject({ action: 'replay.start', target_id: body.copied_by })
  })
})
