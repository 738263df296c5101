// A payload that was deleted, on the dashboard: how it is asked for, and what the pages say instead of it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
let event: Json
let deliveryId = ''
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  await world.createEndpoint({ description: 'Billing' })
  event = (await world.send({ note: 'blue' })).body
  deliveryId = event.deliveries[0].id
  await world.drain()
})

/** What a reader sees of a page. */
async function read(path: string): Promise<string> {
  const { text } = await visitor.get(path)
  return textOf(text.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
}

describe('the deletion of a payload', () => {
  it('is asked for on the event’s page, and done by its form, by either id', async () => {
    expect((await visitor.get(`/events/${event.id}`)).text).toContain(`/events/${event.id}/forget`)
    const { path } = await visitor.post(`/events/${deliveryId}/forget`)
    expect(path).toBe(`/events/${event.id}`)
    const page = await read(`/events/${event.id}`)
    expect(page).toContain('Its payload was deleted')
    expect(page).toContain('Type, call id and deliveries stay.')
    expect(page).not.toContain('blue')
    expect(page).not.toContain('Delete its payload')
    expect((await visitor.get(`/events/${event.id}/forget`)).path).toBe(`/events/${event.id}`)
  })

  it('says who asked for it in the audit log', async () => {
    await visitor.post(`/events/${event.id}/forget`)
    expect(await read('/settings/audit-log')).toMatch(/Event: delete payload/)
  })

  it('is a 404 of another organization’s event (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, key)
    expect((await stranger.get(`/events/${event.id}/forget`)).status).toBe(404)
    expect((await stranger.post(`/events/${event.id}/forget`)).status).toBe(404)
    expect(await read(`/events/${event.id}`)).toContain('blue')
  })
})

describe('the page of a delivery without a payload', () => {
  beforeEach(async () => {
    await visitor.post(`/events/${event.id}/forget`)
  })

  it('says why there is no body, no signature and no command, and what stays', async () => {
    const page = await read(`/deliveries/${deliveryId}`)
    expect(page).toMatch(/Its payload was deleted.*no body to show, no signature.*no command/)
    expect(page).not.toContain('curl')
    expect(page).not.toContain('Signature, step by step')
    expect(page).toContain('HTTP 200')
    expect((await visitor.get(`/deliveries/${deliveryId}/body`)).status).toBe(409)
  })

  it('has no button to redeliver, there or in the list, and says so to who asks all the same', async () => {
    const { text } = await visitor.get(`/deliveries/${deliveryId}`)
    expect(text).not.toContain('>Redeliver<')
    expect(text).toContain('Payload deleted')
    const list = (await visitor.get('/deliveries')).text
    expect(list).toContain('Payload deleted')
    expect(list).not.toContain(`name="id" value="${deliveryId}"`)
    expect(await read(`/deliveries/${deliveryId}/redeliver`)).toContain('cannot be redelivered')
    const refused = await visitor.post(`/deliveries/${deliveryId}/redeliver`)
    expect(refused.status).toBe(409)
    expect(refused.text).toContain('Its payload was deleted, so there is nothing to send again.')
  })

  it('is left out of a selection, with the reason, and counted when it is sent all the same', async () => {
    const other = await world.deliver()
    const query = `id=${deliveryId}&id=${other}`
    const question = await read(`/deliveries/redeliver?${query}`)
    expect(question).toContain('Redeliver 1 delivery?')
    expect(question).toContain('1 left out: its payload was deleted')
    const { path } = await visitor.post('/deliveries/redeliver', { id: deliveryId })
    expect(await read(path)).toContain('1 not sent because its payload was deleted')
  })

  it('explains one that was pending', async () => {
    const pending = (await world.send()).body
    await visitor.post(`/events/${pending.id}/forget`)
    const page = await read(`/deliveries/${pending.deliveries[0].id}`)
    expect(page).toContain('Its payload was deleted before it had arrived.')
    expect(page).toContain('Nothing is left that could be sent again.')
    expect(page).toContain('No attempt follows: its payload was deleted')
    expect(page).not.toContain('redelivered by hand')
  })

  it('comes anew to whoever has it open: its mark is part of what was seen', async () => {
    const later = (await world.send()).body
    await world.drain()
    const path = `/deliveries/${later.deliveries[0].id}`
    const { text } = await visitor.get(path)
    const poll = /id="delivery"[^>]*hx-get="\/dashboard([^"]*)"/.exec(text)?.[1] ?? ''
    const seen = textOf(poll)
    const live = { 'HX-Request': 'true' }
    expect((await visitor.get(seen, live)).status).toBe(204)
    await env.DB.prepare('UPDATE deliveries SET payload_deleted_at = 1').run()
    expect((await visitor.get(seen, live)).status).toBe(200)
  })
})
