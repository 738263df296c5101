// External ids of endpoints: given, changed, cleared, unique in the org, and in every path in place of the id.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter, type Cost } from '../db/counter.ts'
import { World, type Answered, type Json } from '../world.ts'

const PATH = '/v1/webhook_endpoints'
const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

let world: World
beforeEach(async () => {
  world = await World.create()
})

async function create(external_id: unknown, more: Json = {}): Promise<Answered> {
  world.clock += 1000
  return world.createEndpoint({ external_id, ...more })
}

function patch(id: string, body: unknown): Promise<Answered> {
  world.clock += 1000
  return world.call('PATCH', `${PATH}/${id}`, body)
}

async function called(): Promise<(string | null)[]> {
  const { body } = await world.call('GET', PATH)
  return body.data.map(({ external_id }: Json) => external_id)
}

const ascending = (a: number, b: number) => a - b

/** What a GET of an endpoint costs the database. */
async function cost(name: string): Promise<Cost> {
  const metered = meter(env.DB)
  world.db = metered.db
  await world.call('GET', `${PATH}/${name}`)
  world.db = env.DB
  return metered.cost
}

describe('an external id', () => {
  it('is answered by every answer, given, changed and cleared', async () => {
    const { status, body } = await create('billing-eu')
    expect([status, body.external_id]).toEqual([201, 'billing-eu'])
    expect((await patch(body.id, { external_id: 'Billing.EU_2' })).body.external_id).toBe(
      'Billing.EU_2',
    )
    expect(await called()).toEqual(['Billing.EU_2'])
    expect((await patch(body.id, { description: 'x' })).body.external_id).toBe('Billing.EU_2')
    expect((await patch(body.id, { external_id: null })).body.external_id).toBeNull()
    for (const none of [undefined, null]) expect((await create(none)).body.external_id).toBeNull()
  })

  it.each([
    '',
    ' a',
    'a b',
    '-a',
    '.',
    '..',
    '.a',
    '_a',
    'a/b',
    'a%2Fb',
    'é',
    'a\u0000',
    'we_a',
    'WE_a',
    MISSING,
    MISSING.toUpperCase(),
    'a'.repeat(129),
    7,
    ['a'],
  ])('is refused as %j, on create and on PATCH, and nothing changes', async (bad) => {
    const { id } = (await create('good')).body
    for (const refused of [
      await create(bad),
      await patch(id, { description: 'x', external_id: bad }),
    ]) {
      expect([refused.status, refused.body.issues[0].path]).toEqual([400, 'external_id'])
    }
    expect(await called()).toEqual(['good'])
    expect((await world.endpoint(id)).description).toBeNull()
  })

  it.each(['a', '0', 'A'.repeat(128), 'w', 'we', 'a..b', 'a_-.'])('may be %s', async (good) => {
    const { id } = (await create(good)).body
    expect((await world.endpoint(good)).id).toBe(id)
  })
})

describe('the external id of another endpoint', () => {
  it('is a 409 that says whose it is and what to do, on create and on PATCH', async () => {
    const { id: first } = (await create('billing')).body
    const { id: second } = (await create('other')).body
    for (const refused of [
      await create('billing'),
      await patch(second, { description: 'x', external_id: 'billing', status: 'disabled' }),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([409, 'external_id_taken'])
      expect(refused.body.error).toMatch(new RegExp(`^external_id: the endpoint ${first} has it`))
    }
    expect(await called()).toEqual(['billing', 'other'])
    expect(await world.endpoint(second)).toMatchObject({ description: null, status: 'enabled' })
  })

  it('is one in another case, and of another org', async () => {
    await create('billing')
    expect((await create('Billing')).status).toBe(201)
    const other = await world.createOrg('Other')
    const theirs = await world.createEndpoint({ external_id: 'billing' }, { key: other.key })
    expect(theirs.status).toBe(201)
  })

  it('is one that stays with its own endpoint', async () => {
    const { id } = (await create('billing')).body
    expect((await patch(id, { external_id: 'billing', description: 'x' })).status).toBe(200)
    expect((await patch('billing', await world.endpoint(id))).status).toBe(200)
  })

  it('is free again once it is cleared, changed, or its endpoint is deleted', async () => {
    const { id: first } = (await create('a')).body
    await patch(first, { external_id: 'b' })
    const { id: second } = (await create('a')).body
    await patch(second, { external_id: null })
    const { id: third } = (await create('a')).body
    await world.call('DELETE', `${PATH}/${third}`)
    expect((await create('a')).status).toBe(201)
  })

  it('goes to one of two that ask for it at the same time', async () => {
    const made = await Promise.all([create('a'), create('a'), create('a')])
    expect(made.map(({ status }) => status).toSorted(ascending)).toEqual([201, 409, 409])
    const rest = [(await create('b')).body.id, (await create('c')).body.id]
    const changed = await Promise.all(rest.map((id) => patch(id, { external_id: 'd' })))
    expect(changed.map(({ status }) => status).toSorted(ascending)).toEqual([200, 409])
  })

  it('is refused by the database itself, whoever writes it', async () => {
    await create('a')
    const { id } = (await create('b')).body
    const write = env.DB.prepare(`UPDATE endpoints SET external_id = 'a' WHERE id = ?`).bind(id)
    await expect(write.run()).rejects.toThrow(/UNIQUE constraint failed/)
  })

  it('answers the same again for the same Idempotency-Key', async () => {
    const options = { headers: { 'Idempotency-Key': 'one' } }
    const first = await world.createEndpoint({ external_id: 'a' }, options)
    const again = await world.createEndpoint({ external_id: 'a' }, options)
    expect([again.status, again.body]).toEqual([201, first.body])
  })
})

describe('a path with an external id', () => {
  const ACTS: [string, string, Json?][] = [
    ['GET', ''],
    ['PATCH', '', { description: 'x' }],
    ['POST', '/rotate_secret', {}],
    ['POST', '/test', {}],
    ['POST', '/filter/try', { filter: null }],
    ['DELETE', ''],
  ]

  it.each(ACTS)('finds the endpoint: %s %s', async (method, rest, body) => {
    const { id } = (await create('billing')).body
    const named = await world.call(method, `${PATH}/billing${rest}`, body)
    expect(named.status).toBeLessThan(300)
    const { status } = await world.call('GET', `${PATH}/${id}`)
    expect(status).toBe(method === 'DELETE' ? 404 : 200)
  })

  it('finds one that is listened to', async () => {
    const wanted = { kind: 'listen', external_id: 'laptop' }
    await world.call('POST', PATH, wanted)
    const stream = await world.fetch(`${PATH}/laptop/stream`, {
      headers: { Authorization: `Bearer ${world.key}` },
    })
    expect(stream.status).toBe(200)
    await stream.body?.cancel()
  })

  it.each(ACTS)('is a 404 where nobody has it, or another org: %s %s (X1)', async (...act) => {
    const [method, rest, body] = act
    const other = await world.createOrg('Other')
    await world.createEndpoint({ external_id: 'theirs' }, { key: other.key })
    const missing = await world.call(method, `${PATH}/${MISSING}${rest}`, body)
    for (const name of ['theirs', 'nobodys', 'we_none']) {
      const answer = await world.call(method, `${PATH}/${name}${rest}`, body)
      expect([answer.status, answer.body.code, answer.body.error]).toEqual([
        404,
        'not_found',
        missing.body.error,
      ])
    }
  })

  it('is decoded, and is not what is next to it', async () => {
    const { id } = (await create('a.b-c')).body
    expect((await world.endpoint('a%2Eb%2Dc')).id).toBe(id)
    expect((await world.endpoint('axb-c')).code).toBe('not_found')
    for (const bad of ['%20', 'a%2Fb', '%C3%A9', 'a'.repeat(129)]) {
      expect((await world.call('GET', `${PATH}/${bad}`)).status).toBe(400)
    }
  })

  it('does once what is asked twice with an Idempotency-Key, also when it is gone since', async () => {
    await create('billing')
    const options = { headers: { 'Idempotency-Key': 'one' } }
    const rotate = () => world.call('POST', `${PATH}/billing/rotate_secret`, {}, options)
    const first = await rotate()
    expect((await rotate()).body).toEqual(first.body)
    await patch('billing', { external_id: 'Billing' })
    expect((await rotate()).body).toEqual(first.body)
    const another = await world.call('POST', `${PATH}/Billing/rotate_secret`, {}, options)
    expect(another.body.code).toBe('idempotency_key_reused')
  })

  it('costs one round trip and a row more than an id, which costs what it did', async () => {
    const { id } = (await create('billing')).body
    for (let made = 0; made < 10; made += 1) await create(`other-${made}`)
    await cost(id)
    const byId = await cost(id)
    const byName = await cost('billing')
    expect(byName.trips - byId.trips).toBe(1)
    // The index's entry, the row, and whether the org is here.
    expect(byName.read - byId.read).toBeLessThanOrEqual(3)
  })
})
