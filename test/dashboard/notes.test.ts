// What is noted on an endpoint, on its page: typed, saved, and what is said of what cannot be.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { textOf, typedOn, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint()).body.id
})

async function stored(): Promise<Json> {
  return (await world.endpoint(id)).metadata
}

describe('the notes of a new endpoint', () => {
  const FIELDS = { url: 'https://new.example/', description: '', which: 'all', token: 'once' }

  it('are typed with it, and stored', async () => {
    const notes = { external_id: 'crm-eu', metadata: '{"plan":"gold"}' }
    const made = await visitor.post('/endpoints/new', { ...FIELDS, ...notes })
    expect(made.text).toContain('whsec_')
    expect(await world.endpoint('crm-eu')).toMatchObject({
      url: FIELDS.url,
      metadata: { plan: 'gold' },
    })
  })

  it.each([
    ['not JSON', { external_id: 'crm-eu', metadata: '{"plan":' }],
    ['must not look like an id', { external_id: 'we_1', metadata: '{"plan":"gold"}' }],
    ['has this external id', { external_id: 'taken', metadata: '{"plan":"gold"}' }],
  ])('come back as they were typed where they are refused: %s', async (said, notes) => {
    await world.createEndpoint({ external_id: 'taken' })
    const page = await visitor.post('/endpoints/new', { ...FIELDS, ...notes })
    expect([page.status, typedOn(page.text, 'metadata')]).toEqual([400, notes.metadata])
    expect(page.text).toContain(`value="${notes.external_id}"`)
    expect(page.text).toContain(`value="${FIELDS.url}"`)
    expect(textOf(page.text)).toContain(said)
    const { body } = await world.call('GET', '/v1/webhook_endpoints')
    expect(body.data).toHaveLength(2)
  })
})

describe('the metadata of an endpoint', () => {
  it('is typed as JSON, saved, shown, and cleared', async () => {
    const page = await visitor.post(`/endpoints/${id}/notes`, { metadata: '{"plan": "gold<b>"}' })
    expect([page.path, await stored()]).toEqual([
      `/endpoints/${id}?done=saved`,
      { plan: 'gold<b>' },
    ])
    expect(JSON.parse(typedOn(page.text, 'metadata') ?? '')).toEqual({ plan: 'gold<b>' })
    await visitor.post(`/endpoints/${id}/notes`, { metadata: ' ' })
    expect(await stored()).toBeNull()
  })

  it.each([
    ['{"plan":', 'not JSON'],
    ['{"a":"1","a":"2"}', 'appears twice'],
    ['{"a":1}', 'must be text'],
    ['["a"]', 'must be an object'],
  ])('comes back as it was typed where it is wrong, and why: %s', async (typed, said) => {
    const page = await visitor.post(`/endpoints/${id}/notes`, { metadata: typed })
    expect([page.status, typedOn(page.text, 'metadata')]).toEqual([400, typed])
    expect(textOf(page.text)).toContain(said)
    expect(await stored()).toBeNull()
  })

  it('has an external id beside it, which is shown, found by, and cleared', async () => {
    const fields = { external_id: ' billing-eu ', metadata: '{"plan":"gold"}' }
    const page = await visitor.post(`/endpoints/${id}/notes`, fields)
    expect(textOf(page.text)).toContain('billing-eu')
    expect(await world.endpoint('billing-eu')).toMatchObject({ id, metadata: { plan: 'gold' } })
    await visitor.post(`/endpoints/${id}/notes`, { external_id: '', metadata: '' })
    expect(await world.endpoint(id)).toMatchObject({ external_id: null, metadata: null })
  })

  it.each([
    ['we_1', 'must not look like an id'],
    ['a b', 'must be letters'],
    ['taken', 'Another endpoint of the organization has this external id'],
  ])('has one that comes back as it was typed, and why: %s', async (external_id, said) => {
    await world.createEndpoint({ external_id: 'taken' })
    const fields = { external_id, metadata: '{"plan":"gold"}' }
    const page = await visitor.post(`/endpoints/${id}/notes`, fields)
    expect([page.status, typedOn(page.text, 'metadata')]).toEqual([400, fields.metadata])
    expect(textOf(page.text)).toContain(said)
    expect(page.text).toContain(`value="${external_id}"`)
    expect(await world.endpoint(id)).toMatchObject({ external_id: null, metadata: null })
  })

  it('stays when something else is saved', async () => {
    await visitor.post(`/endpoints/${id}/notes`, { metadata: '{"plan":"gold"}' })
    const url = 'https://receiver.example/hooks'
    await visitor.post(`/endpoints/${id}`, { url, description: 'x', which: 'all' })
    expect(await stored()).toEqual({ plan: 'gold' })
  })
})
