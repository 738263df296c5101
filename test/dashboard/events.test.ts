// The page of an event answers who got it, who did not, and why.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** What a reader sees of a page. */
async function read(path: string): Promise<string> {
  const { text } = await visitor.get(path)
  return textOf(text.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
}

async function create(description: string, more = {}): Promise<string> {
  const { body } = await world.createEndpoint({ description, ...more })
  return body.id
}

describe('the page of an event', () => {
  it('shows its call, who got it, and who was skipped and why', async () => {
    await create('Billing')
    const off = await create('Ledger')
    await create('Faxes', { enabled_events: ['call.busy'] })
    await world.call('PATCH', `/v1/webhook_endpoints/${off}`, { status: 'disabled' })
    const { body: event } = await world.send({ note: 'blue', webhook_url: 'http://plain.example/' })
    await world.drain()
    const page = await read(`/events/${event.id}`)
    expect(page).toContain('Event call.completed')
    expect(page).toMatch(/Delivered Billing HTTP 200/)
    expect(page).toContain('Ledger It was disabled when the event came.')
    expect(page).toContain('Faxes It did not take call.completed when the event came.')
    expect(page).toMatch(/The call’s own URL .*\(\s*http:\/\/plain\.example\/[^)]*\)/)
    expect(page).toContain('"note" : "blue"')
  })

  it('is there for an event that nobody got', async () => {
    const { body: event } = await world.send()
    const page = await read(`/events/${event.id}`)
    expect(page).toContain('Nobody got this event.')
    expect(page).toContain('It has no deliveries.')
  })

  it('is found by the id of any of its deliveries, and by its call', async () => {
    await create('Billing')
    const id = crypto.randomUUID()
    const { body: event } = await world.send({ id })
    expect((await visitor.get(`/events/${event.deliveries[0].id}`)).path).toBe(
      `/events/${event.id}`,
    )
    world.clock += 1000
    const none = await world.send({ id }, { type: 'call.busy' })
    const { text } = await visitor.get(`/events?call=${id.toUpperCase()}`)
    expect(
      [...text.matchAll(/href="\/dashboard\/events\/([^"]+)"/g)].map(([, one]) => one),
    ).toEqual([none.body.id, event.id])
    expect((await visitor.get(`/deliveries/${event.deliveries[0].id}`)).text).toContain(
      `/dashboard/events/${event.id}`,
    )
  })

  it('is a 404 for what is no event, and for another organization’s (X1)', async () => {
    const { body: event } = await world.send()
    const other = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, other.key)
    expect((await stranger.get(`/events/${event.id}`)).status).toBe(404)
    expect((await stranger.get(`/events?call=${event.call_id}`)).text).not.toContain(event.id)
    expect((await visitor.get('/events/nothing')).status).toBe(404)
  })

  it('keeps itself current', async () => {
    await create('Billing')
    const { body: event } = await world.send()
    const { text } = await visitor.get(`/events/${event.id}`)
    const poll = /id="event"[^>]*hx-get="\/dashboard([^"]*)"/.exec(text)?.[1] ?? ''
    expect((await visitor.get(poll, { 'HX-Request': 'true' })).status).toBe(204)
    await world.drain()
    expect((await visitor.get(poll, { 'HX-Request': 'true' })).status).toBe(200)
  })

  it('shows a call that does not read as none', async () => {
    const { body: event } = await world.send()
    await env.DB.prepare(`UPDATE events SET call = '~~'`).run()
    expect((await visitor.get(`/events/${event.id}`)).status).toBe(200)
  })
})

describe('what an endpoint missed', () => {
  it('is listed newest first, with why, and a way to send what it takes', async () => {
    const id = await create('Billing', { enabled_events: ['call.busy'] })
    await world.send({}, { type: 'call.busy' })
    world.clock += 60_000
    const { body: late } = await world.send({}, { type: 'call.failed' })
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'disabled' })
    world.clock += 60_000
    const { body: off } = await world.send({}, { type: 'call.busy' })
    let page = await visitor.get(`/endpoints/${id}`)
    const found = [...page.text.matchAll(/href="\/dashboard\/events\/([^"]+)"/g)]
    expect(found.map(([, one]) => one)).toEqual([off.id, late.id])
    expect(page.text).toContain('It was disabled when the event came.')
    expect(page.text).toContain('Enable it, then 1 of these 2 can be sent')
    await world.call('PATCH', `/v1/webhook_endpoints/${id}`, { status: 'enabled' })
    page = await visitor.get(`/endpoints/${id}`)
    const link = /href="(\/dashboard\/replays\/new\?endpoint=[^"]*)"/.exec(page.text)?.[1] ?? ''
    expect(textOf(link)).toBe(
      `/dashboard/replays/new?endpoint=${id}&from=2026-11-23T12%3A02%3A00&missing=true`,
    )
  })

  it('is nothing where it got everything, and said so', async () => {
    const id = await create('Billing')
    await world.send()
    expect(await read(`/endpoints/${id}`)).toContain('Nothing: it got each of them.')
  })

  it('does not name as missed what was made for it later', async () => {
    const id = await create('Billing')
    const { body: event } = await world.send()
    await env.DB.prepare(
      `UPDATE events SET skipped = json_object('disabled', json_array(?)) WHERE id = ?`,
    )
      .bind(id, event.id)
      .run()
    expect(await read(`/endpoints/${id}`)).toContain('Nothing: it got each of them.')
  })
})
