// How many requests a second an endpoint takes, on its page, and why what waits for it waits.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint()).body.id
})

const FIELDS = { url: 'https://receiver.example/hooks', description: '', which: 'all' }

async function stored(): Promise<number | null> {
  return (await world.endpoint(id)).max_per_second
}

describe('the pace of an endpoint', () => {
  it('is typed, saved, shown, left alone by a form without it, and cleared', async () => {
    const page = await visitor.post(`/endpoints/${id}`, { ...FIELDS, max_per_second: '10' })
    expect([page.path, await stored()]).toEqual([`/endpoints/${id}?done=saved`, 10])
    expect(page.text).toMatch(/name="max_per_second" value="10"/)
    await visitor.post(`/endpoints/${id}`, FIELDS)
    expect(await stored()).toBe(10)
    await visitor.post(`/endpoints/${id}`, { ...FIELDS, max_per_second: '' })
    expect(await stored()).toBeNull()
  })

  it('goes along when another URL is asked for', async () => {
    const moved = { ...FIELDS, url: 'https://other.example/', max_per_second: '7' }
    const page = await visitor.post(`/endpoints/${id}`, moved)
    expect(page.text).toMatch(/name="max_per_second" value="7"/)
    await visitor.post(`/endpoints/${id}/change`, moved)
    expect(await world.endpoint(id)).toMatchObject({ url: moved.url, max_per_second: 7 })
  })

  it('is refused where it is none, and says what it may be', async () => {
    const page = await visitor.post(`/endpoints/${id}`, { ...FIELDS, max_per_second: '501' })
    expect([page.status, await stored()]).toEqual([400, null])
    expect(textOf(page.text)).toContain('must be a whole number from 1 to 500')
  })

  it('is the reason of what waits for its turn, on its page and on the endpoint’s', async () => {
    await visitor.post(`/endpoints/${id}`, { ...FIELDS, max_per_second: '10' })
    const delivery = await world.deliver()
    await env.DB.batch([
      env.DB.prepare(`UPDATE deliveries SET stage = 'pending', sweep_at = NULL`),
      env.DB.prepare(`UPDATE endpoints SET pace = 10, sweep_at = 0`),
    ])
    const page = textOf((await visitor.get(`/deliveries/${delivery}`)).text)
    expect(page).toContain('Its endpoint takes 10 requests a second at most')
    const endpoint = textOf((await visitor.get(`/endpoints/${id}`)).text)
    expect(endpoint).toContain('What waits for it is sent, at most 10 a second')
  })
})
