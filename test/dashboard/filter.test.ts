// The page of an endpoint's filter: written, tried, saved, and what is said of a bad one.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, typedOn, Visitor } from './visitor.ts'

const SPRING = '{"path":"metadata.campaign","equals":"spring"}'

let world: World
let visitor: Visitor
let id: string

beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint()).body.id
})

function post(filter: string, act: string) {
  return visitor.post(`/endpoints/${id}/filter`, { filter, act })
}

async function stored(): Promise<unknown> {
  return (await world.call('GET', `/v1/webhook_endpoints/${id}`)).body.filter
}

describe('the page of a filter', () => {
  it('saves what was typed, which stands on the endpoint’s page, and takes it away again', async () => {
    const page = await post(SPRING, 'save')
    expect(page.path).toBe(`/endpoints/${id}?done=saved`)
    expect(page.text).toContain('metadata.campaign')
    expect(await stored()).toEqual(JSON.parse(SPRING))
    const form = await visitor.get(`/endpoints/${id}/filter`)
    expect(JSON.parse(typedOn(form.text, 'filter') ?? '')).toEqual(JSON.parse(SPRING))
    await post('  ', 'save')
    expect(await stored()).toBeNull()
  })

  it('tries what was typed with the newest events, and changes nothing', async () => {
    await world.send({ metadata: { campaign: 'spring' } })
    await world.send({ metadata: { campaign: 'autumn' } })
    const { status, text } = await post(SPRING, 'try')
    expect(status).toBe(200)
    expect(text).toContain('1 of the newest 2 events')
    expect(textOf(text)).toContain('metadata.campaign equals "spring"')
    expect(typedOn(text, 'filter')?.trim()).toBe(SPRING)
    expect(await stored()).toBeNull()
  })

  it.each([
    ['{"path":"a","like":1}', 'filter.like'],
    ['{"path":', 'not JSON'],
    ['{"path":"a","path":"b","equals":1}', 'appears twice'],
  ])('says what is wrong with %s, and keeps what was typed', async (typed, said) => {
    for (const act of ['try', 'save']) {
      const { status, text } = await post(typed, act)
      expect(status).toBe(400)
      expect(textOf(text)).toContain(said)
      expect(typedOn(text, 'filter')?.trim()).toBe(typed)
    }
    expect(await stored()).toBeNull()
  })

  it('says on an event why its endpoint did not get it', async () => {
    await post(SPRING, 'save')
    const { body } = await world.send({ metadata: { campaign: 'autumn' } })
    const { text } = await visitor.get(`/events/${body.id}`)
    expect(textOf(text)).toContain('Its filter did not let it through')
    expect(textOf(text)).toContain('metadata.campaign equals "spring"')
  })
})
