// Two doors, one rule: what the API takes, refuses and stores, the dashboard's forms do too.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { textOf, Visitor, type Fields } from '../dashboard/visitor.ts'
import { World, type Json } from '../world.ts'

const DAY = 24 * 3_600_000
const URL = 'https://receiver.example/hooks'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  // Ids of one millisecond are in no order.
  world.clock += 1
})

async function endpoints(): Promise<Json[]> {
  return (await world.call('GET', '/v1/webhook_endpoints')).body.data
}

async function keys(): Promise<Json[]> {
  const path = `/admin/orgs/${world.orgId}/api_keys`
  return (await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })).body.data
}

function makeKey(body: Json) {
  const path = `/admin/orgs/${world.orgId}/api_keys`
  return world.call('POST', path, { name: 'x', ...body }, { key: env.ADMIN_TOKEN })
}

const DESCRIPTIONS = [
  ['nothing', '', null],
  ['spaces', '   ', null],
  ['spaces around', '  Billing ', 'Billing'],
  ['1,000 letters', 'x'.repeat(1000), 'x'.repeat(1000)],
  ['1,000 emoji', '💥'.repeat(1000), '💥'.repeat(1000)],
  ['999 letters and an emoji', `${'x'.repeat(999)}💥`, `${'x'.repeat(999)}💥`],
  ['1,001 letters', 'x'.repeat(1001), undefined],
  ['1,001 emoji', '💥'.repeat(1001), undefined],
  ['1,000 letters and an emoji', `${'x'.repeat(1000)}💥`, undefined],
  ['U+0000', 'a\u0000b', undefined],
] as const

describe('a description', () => {
  it.each(DESCRIPTIONS)('of %s is one thing at both doors', async (_, description, stored) => {
    const api = await world.createEndpoint({ description })
    const page = await visitor.post('/endpoints/new', { url: URL, description, which: 'all' })
    const isRefused = stored === undefined
    expect([api.status, page.status]).toEqual(isRefused ? [400, 400] : [201, 200])
    expect((await endpoints()).map((one) => one.description)).toEqual(
      isRefused ? [] : [stored, stored],
    )
  })

  it('that is too long comes back whole, with a sentence beside it', async () => {
    const description = '💥'.repeat(1001)
    const page = await visitor.post('/endpoints/new', { url: URL, description, which: 'all' })
    expect(page.text).toContain(description)
    expect(page.text).toContain('id="description-problem"')
  })

  it('that is too long is refused when an endpoint is changed, too', async () => {
    const { body } = await world.createEndpoint()
    const changes = { url: URL, description: 'x'.repeat(1001), which: 'all' }
    expect((await visitor.post(`/endpoints/${body.id}`, changes)).status).toBe(400)
    expect((await world.endpoint(body.id)).description).toBeNull()
  })
})

const EVENTS = [
  ['one', ['call.busy'], ['call.busy']],
  ['one twice', ['call.busy', 'call.busy'], ['call.busy']],
  ['two', ['call.failed', 'call.busy'], ['call.failed', 'call.busy']],
  ['all', ['*'], ['*']],
  ['all and one', ['*', 'call.completed'], undefined],
  ['all twice', ['*', '*'], ['*']],
  ['an unknown one', ['call.nope'], undefined],
  ['a known and an unknown one', ['call.busy', 'call.nope'], undefined],
] as const

/** As the form asks for it: all, or some of those that there are. */
function choose(events: readonly string[]): Fields {
  return events.every((event) => event === '*')
    ? { which: 'all' }
    : { which: 'some', events: [...events] }
}

describe('event types', () => {
  it.each(EVENTS)('as %s are one thing at both doors', async (_, events, stored) => {
    const api = await world.createEndpoint({ enabled_events: events })
    const page = await visitor.post('/endpoints/new', { url: URL, ...choose(events) })
    const isRefused = stored === undefined
    expect([api.status, page.status]).toEqual(isRefused ? [400, 400] : [201, 200])
    expect((await endpoints()).map((one) => one.enabled_events)).toEqual(
      isRefused ? [] : [stored, stored],
    )
  })
})

const NAMES = [
  ['a word', 'backend', 'backend'],
  ['spaces around', ' backend ', 'backend'],
  ['200 emoji', '💥'.repeat(200), '💥'.repeat(200)],
  ['201 letters', 'x'.repeat(201), undefined],
  ['201 emoji', '💥'.repeat(201), undefined],
  ['nothing', '', undefined],
  ['spaces', '  ', undefined],
] as const

describe('the name of a key', () => {
  it.each(NAMES)('of %s is one thing at both doors', async (_, name, stored) => {
    const before = (await keys()).length
    const api = await makeKey({ name })
    const page = await visitor.post('/settings/keys', {
      name,
      mode: 'live',
      days: '',
      scopes: 'send',
    })
    const isRefused = stored === undefined
    expect([api.status, page.status]).toEqual(isRefused ? [400, 400] : [201, 200])
    expect((await keys()).slice(before).map((one) => one.name)).toEqual(
      isRefused ? [] : [stored, stored],
    )
  })
})

describe('the end of a key', () => {
  it.each([
    '2026-11-23T12:00:00Z',
    '2026-11-23T11:59:59Z',
    '1969-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '2036-11-21T12:00:00Z',
    '9999-12-31T23:59:59Z',
    '2026-12-31T23:59:60Z',
    '2027-02-30T00:00:00Z',
    '2027-01-01',
    '2027-01-01T00:00:00',
    '+275760-09-13T00:00:01Z',
    1_900_000_000,
    '',
  ])('is refused as %j', async (expires_at) => {
    const before = await keys()
    const { status, body } = await makeKey({ expires_at })
    expect({ status, paths: body.issues.map(({ path }: Json) => path) }).toEqual({
      status: 400,
      paths: ['expires_at'],
    })
    expect(await keys()).toEqual(before)
  })

  it.each(['2026-11-23T12:00:01Z', '2026-11-23T14:00:00+01:00', '2036-11-20T12:00:00Z'])(
    'may be %s',
    async (expires_at) => {
      expect((await makeKey({ expires_at })).status).toBe(201)
    },
  )

  it.each(['0', '-1', '1.5', '3651', '200000000', '1e3', '0x10', 'NaN', 'soon', '9'.repeat(400)])(
    'is refused as %s days, and nothing is stored',
    async (days) => {
      const before = await keys()
      const page = await visitor.post('/settings/keys', {
        name: 'x',
        mode: 'live',
        days,
        scopes: 'send',
      })
      expect(page.status).toBe(400)
      expect(await keys()).toEqual(before)
      expect((await visitor.get('/settings')).status).toBe(200)
    },
  )

  it('may be past by the time that its request is repeated: the answer is the first one (I1)', async () => {
    const wanted = { name: 'x', expires_at: '2026-11-23T13:00:00Z' }
    const repeated = { key: env.ADMIN_TOKEN, headers: { 'Idempotency-Key': 'once' } }
    const path = `/admin/orgs/${world.orgId}/api_keys`
    const first = await world.call('POST', path, wanted, repeated)
    world.clock += 2 * 3_600_000
    const second = await world.call('POST', path, wanted, repeated)
    expect([second.status, second.body]).toEqual([201, first.body])
  })

  it.each(['1', '30', '3650'])('may be %s days away', async (days) => {
    await visitor.post('/settings/keys', { name: 'x', mode: 'test', days, scopes: 'send' })
    const at = new Date(world.clock + Number(days) * DAY).toISOString()
    expect((await keys()).at(-1).expires_at).toBe(`${at.slice(0, 19)}Z`)
  })
})

describe('a form whose field makes no sense', () => {
  let id = ''
  beforeEach(async () => {
    id = (await world.createEndpoint()).body.id
  })

  it.each<[string, Fields]>([
    ['status', { status: 'paused' }],
    ['status', {}],
    ['rotate', { overlap: '-1' }],
    ['rotate', { overlap: '604801' }],
    ['rotate', { overlap: '1e3' }],
    ['rotate', { overlap: 'an hour' }],
  ])('is a 400 at /%s with %j, and changes nothing', async (action, fields) => {
    const before = await world.endpoint(id)
    const page = await visitor.post(`/endpoints/${id}/${action}`, fields)
    expect(page.status).toBe(400)
    expect(textOf(page.text)).toMatch(/(status|overlap)/)
    expect(await world.endpoint(id)).toEqual(before)
  })

  it.each(['-1', '604801', 'x'])(
    'keeps the default secret at an overlap of %s',
    async (overlap) => {
      const path = `/admin/orgs/${world.orgId}/default_secret`
      const secret = async () =>
        (await world.call('GET', path, undefined, { key: env.ADMIN_TOKEN })).body.signing_secret
      const before = await secret()
      expect((await visitor.post('/settings/secret/rotate', { overlap })).status).toBe(400)
      expect(await secret()).toBe(before)
    },
  )

  it('is a 400 for a mode of keys that does not exist', async () => {
    const before = await keys()
    const page = await visitor.post('/settings/keys', {
      name: 'x',
      mode: 'prod',
      days: '',
      scopes: 'send',
    })
    expect(page.status).toBe(400)
    expect(await keys()).toEqual(before)
  })
})
