// Writes that come again: an answer of D1 is lost, and the repetition arrives after much else has happened.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { keepOwnHost } from '../../src/db/account/own-hosts.ts'
import { enforceRetention } from '../../src/delivery/upkeep/retention.ts'
import { countDeliveries } from '../../src/delivery/upkeep/roll-up.ts'
import { World, type Json } from '../world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Act = () => Promise<unknown>

let world: World
let endpoint: string
let delivery: string
let key: Json
beforeEach(async () => {
  world = await World.create({ RETRY_SCHEDULE_SECONDS: '60' })
  endpoint = (await world.createEndpoint()).body.id
  key = (await admin('POST', `orgs/${world.orgId}/api_keys`, { name: 'other' })).body
  delivery = await world.deliver()
  await world.drain()
})

const admin = (method: string, path: string, body?: Json) =>
  world.call(method, `/admin/${path}`, body, { key: env.ADMIN_TOKEN })

const patch = (changes: Json) => world.call('PATCH', `/v1/webhook_endpoints/${endpoint}`, changes)

const rotate = (overlap_seconds: number) =>
  world.call('POST', `/v1/webhook_endpoints/${endpoint}/rotate_secret`, { overlap_seconds })

const rotateDefault = () => admin('POST', `orgs/${world.orgId}/rotate_default_secret`, {})

const remove = () => world.call('DELETE', `/v1/webhook_endpoints/${endpoint}`)

async function seeHost(): Promise<void> {
  await keepOwnHost(
    (await world.engine()).store.catalog,
    'webhooks.callingbox.example',
    world.clock,
  )
}

async function create(): Promise<void> {
  endpoint = (await world.createEndpoint({ description: 'new' })).body.id
}

/** A delivery whose first attempts, so many, will fail. */
async function fail(count: number): Promise<void> {
  for (let failed = 0; failed < count; failed += 1) world.receiver.respond(500)
  delivery = await world.deliver()
}

/**
 * What is asked, each without a key that would know its repetition, and what goes before it. A sweep is not
 * among them: it is meant to be repeated, and takes what is due by then.
 */
const ACTS: Record<string, { before?: Act; act: Act }> = {
  'the making of an endpoint': { act: create },
  'a change of a URL': { act: () => patch({ url: 'https://receiver.example/moved' }) },
  'a disabling': { act: () => patch({ status: 'disabled' }) },
  'an enabling': {
    before: () => patch({ status: 'disabled' }),
    act: () => patch({ status: 'enabled' }),
  },
  'a deletion': { act: remove },
  'a rotation': { act: () => rotate(0) },
  'a rotation with an overlap': { act: () => rotate(600) },
  'a rotation of the default secret': { act: rotateDefault },
  'a look at the default secret': { act: () => admin('GET', `orgs/${world.orgId}/default_secret`) },
  'the making of an org': { act: () => admin('POST', 'orgs', { name: 'Another' }) },
  'the making of a key': {
    act: () => admin('POST', `orgs/${world.orgId}/api_keys`, { name: 'new' }),
  },
  'a revocation': {
    act: () => admin('POST', `orgs/${world.orgId}/api_keys/${key.id}/revoke`),
  },
  'the first use of a key': {
    act: () => world.call('GET', '/v1/webhook_endpoints', undefined, { key: key.key }),
  },
  'a name of the service': { act: seeHost },
  'an event': { act: () => world.deliver() },
  'a redelivery': { act: () => world.redeliver(delivery) },
  'a delivery': { before: () => fail(0), act: () => world.drain() },
  'a failure': { before: () => fail(1), act: () => world.drain() },
  'an exhaustion': {
    before: async () => {
      await fail(2)
      await world.drain()
      world.clock += 61_000
      await world.sweep()
    },
    act: () => world.drain(),
  },
  'a pruning': { act: async () => enforceRetention(await world.visited()) },
  'a roll-up': {
    before: async () => {
      world.clock += 3 * MINUTE
    },
    act: async () => countDeliveries(await world.visited()),
  },
}

/** What happens before the repetition comes; after each of them it comes once more. */
const MEANWHILE: Record<string, Act> = {
  'another change': () => patch({ url: 'https://receiver.example/other', status: 'disabled' }),
  'an enabling': () => patch({ status: 'enabled' }),
  'another event': () => {
    world.receiver.respond(500)
    return world.send()
  },
  'its attempt': () => world.pass(3 * MINUTE),
  'a use of the other key, under the same name': async () => {
    world.clock += 2 * HOUR
    await world.call('GET', '/v1/webhook_endpoints', undefined, { key: key.key })
    await seeHost()
  },
  'other redeliveries': () => times(9, () => world.redeliver(delivery)),
  'their attempts': () => world.pass(3 * MINUTE),
  'another rotation': rotateBoth,
  'so many more that the first is forgotten': async () => {
    await forgetSecrets()
    await rotateBoth()
  },
  'a deletion': remove,
  'its sweep': () => world.pass(10 * MINUTE),
  'all that goes on behind': async () => {
    await countDeliveries(await world.visited())
    await enforceRetention(await world.visited())
  },
}

async function times(count: number, act: Act): Promise<void> {
  for (let made = 0; made < count; made += 1) await act()
}

async function rotateBoth(): Promise<void> {
  await rotate(0)
  await rotateDefault()
}

/** So many later secrets have ended that the next rotation forgets whatever there was before. */
function forgetSecrets(): Promise<unknown> {
  return env.DB.prepare(
    `INSERT INTO signing_secrets (org_id, owner_id, id, sealed, created_at, expires_at)
      SELECT s.org_id, s.owner_id, 'ffffffff-ffff-7fff-8fff-ffffffffff' || n.value, '', 0, ?1
      FROM signing_secrets s, json_each(?2) n WHERE s.expires_at IS NULL`,
  )
    .bind(world.clock, JSON.stringify(Array.from({ length: 20 }, (_, place) => place + 10)))
    .run()
}

describe('what D1 is asked again after an answer that was lost', () => {
  it.each(Object.keys(ACTS))('changes nothing, however late: %s', async (name) => {
    const { before, act } = ACTS[name] ?? { act: () => Promise.resolve() }
    await before?.()
    const asked: Act[] = []
    world.db = recording(asked)
    await act()
    await world.settle()
    world.db = env.DB
    expect(asked).not.toEqual([])
    const changed: string[] = []
    for (const [meanwhile, happen] of Object.entries(MEANWHILE)) {
      world.clock += 1000
      await happen()
      await world.settle()
      const tables = await stored()
      for (const again of asked) await again()
      const differences = (await stored()).filter((row) => !tables.includes(row))
      if (differences.length > 0) changed.push(`after ${meanwhile}: ${differences.join()}`)
    }
    expect(changed).toEqual([])
  })
})

/** Every row there is, as text; one that is gone shows in the number of its table's. */
async function stored(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*[_]cf[_]*'`,
  ).all<{ name: string }>()
  const tables = results.map(async ({ name }) => {
    const rows = (await env.DB.prepare(`SELECT * FROM ${name}`).all()).results
    return [`${name}: ${rows.length}`].concat(rows.map((row) => `${name}: ${JSON.stringify(row)}`))
  })
  return (await Promise.all(tables)).flat()
}

/** D1 that notes what it is asked, to be asked again. */
function recording(asked: Act[]): D1Database {
  const noted = <T>(act: () => Promise<T>): Promise<T> => {
    asked.push(act)
    return act()
  }
  const d1 = {
    prepare: (query: string) => new Noted(env.DB.prepare(query), noted),
    batch: (statements: Noted[]) => noted(() => env.DB.batch(statements.map(({ inner }) => inner))),
  }
  // The service uses these two, and of a statement bind, all, raw and run.
  return d1 as unknown as D1Database
}

class Noted {
  readonly inner: D1PreparedStatement
  readonly #noted: <T>(act: () => Promise<T>) => Promise<T>

  constructor(inner: D1PreparedStatement, noted: <T>(act: () => Promise<T>) => Promise<T>) {
    this.inner = inner
    this.#noted = noted
  }

  bind = (...values: unknown[]): Noted => new Noted(this.inner.bind(...values), this.#noted)
  all = (): Promise<D1Result> => this.#noted(() => this.inner.all())
  raw = (): Promise<unknown[]> => this.#noted(() => this.inner.raw())
  run = (): Promise<D1Result> => this.#noted(() => this.inner.run())
}
