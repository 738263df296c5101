// Methods that a page does not have: a page that says so, for whoever is signed in.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { ORIGIN, Visitor } from './visitor.ts'

const NOWHERE = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0000'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

describe('a method that a page does not have', () => {
  it.each([
    ['GET', '/sign-out', 'POST'],
    ['POST', '', 'GET, HEAD'],
    ['PUT', '/endpoints', 'GET, HEAD'],
    ['POST', '/endpoints/', 'GET, HEAD'],
    ['PUT', '/endpoints/new', 'GET, HEAD, POST'],
    ['DELETE', `/endpoints/${NOWHERE}`, 'GET, HEAD, POST'],
    ['PUT', `/endpoints/${NOWHERE}/rotate`, 'GET, HEAD, POST'],
    ['PUT', '/deliveries/redeliver', 'GET, HEAD, POST'],
    ['DELETE', `/deliveries/${NOWHERE}/redeliver`, 'GET, HEAD, POST'],
    ['POST', '/deliveries/live', 'GET, HEAD'],
    ['POST', '/deliveries', 'GET, HEAD'],
    ['POST', '/replays', 'GET, HEAD'],
    ['PUT', '/replays/new', 'GET, HEAD, POST'],
    ['POST', `/replays/${NOWHERE}`, 'GET, HEAD'],
    ['PUT', `/replays/${NOWHERE}/pause`, 'GET, HEAD, POST'],
    ['OPTIONS', '/settings', 'GET, HEAD'],
    ['DELETE', '/settings/keys', 'GET, HEAD, POST'],
  ])('is a 405 for %s %s, which allows %s', async (method, path, allowed) => {
    const response = await visitor.request(path, { method, headers: { Origin: ORIGIN } })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe(allowed)
    expect(response.headers.get('Content-Type')).toContain('text/html')
  })

  it('is told to nobody who is not signed in', async () => {
    visitor.cookie = ''
    const response = await visitor.request('/settings/keys')
    expect(response.status).toBe(303)
    expect(response.headers.get('Allow')).toBeNull()
  })

  it('is no page that is not there', async () => {
    expect((await visitor.get('/nothing')).status).toBe(404)
    expect((await visitor.get('/endpoints')).status).toBe(200)
    expect((await visitor.request('/endpoints', { method: 'HEAD' })).status).toBe(200)
  })
})

describe('a form', () => {
  it.each([
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded, text/plain',
    'text/plain',
    'application/json',
  ])('is a 400 as %s, and nothing is done', async (type) => {
    const { body } = await world.createEndpoint()
    const response = await visitor.request(`/endpoints/${body.id}/status`, {
      method: 'POST',
      body: 'status=disabled',
      headers: { Origin: ORIGIN, 'Content-Type': type },
    })
    expect(response.status).toBe(400)
    expect((await world.endpoint(body.id)).status).toBe('enabled')
  })
})
