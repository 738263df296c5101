// The page from which a test event is sent: a type, its payload, and what is said of a bad one.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'
import { textOf, typedOn, Visitor, type Fields } from './visitor.ts'

let world: World
let visitor: Visitor
let path: string

beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  const { body } = await world.createEndpoint({ enabled_events: ['call.busy', 'call.queued'] })
  path = `/endpoints/${body.id}/test`
})

/** What the form of the page would send. */
function fieldsOn(html: string): Fields & { payload: string } {
  const hidden = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
  const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
  return { ...fields, payload: typedOn(html, 'payload') ?? '' }
}

async function formOf(type = 'call.busy') {
  return fieldsOn((await visitor.get(`${path}?type=${type}`)).text)
}

describe('the page of a test event', () => {
  it('offers the types that the endpoint takes, each with a call of its kind', async () => {
    const { text } = await visitor.get(path)
    expect([...text.matchAll(/<option value="([^"]+)"/g)].map(([, type]) => type)).toEqual([
      'call.queued',
      'call.busy',
    ])
    expect(JSON.parse((await formOf('call.busy')).payload)).toMatchObject({ status: 'busy' })
    expect(JSON.parse((await formOf('call.queued')).payload)).toMatchObject({ status: 'queued' })
  })

  it('names the header that a test is known by, as this service has it', async () => {
    world.vars['HEADER_PREFIX'] = 'Acme'
    expect((await visitor.get(path)).text).toContain('Acme-Test: true')
  })

  it('shows the usual type for one that the endpoint does not take', async () => {
    expect(await formOf('call.failed')).toMatchObject({ type: 'call.queued' })
  })

  it('sends what was typed, to that endpoint alone, and shows its delivery as a test', async () => {
    await world.createEndpoint({ url: 'https://other.example/' })
    const form = await formOf()
    const call = { ...JSON.parse(form.payload), prompt: 'changed' }
    const page = await visitor.post(path, { ...form, payload: JSON.stringify(call, null, 4) })
    expect(page.path).toMatch(/^\/deliveries\//)
    await world.drain()
    const [received, ...others] = world.receiver.received
    expect(others).toEqual([])
    expect(received?.headers.get('CallingBox-Test')).toBe('true')
    const body = JSON.parse(received?.body ?? '')
    expect(body).toMatchObject({ type: 'call.busy', data: { call } })
    const shown = await visitor.get(page.path)
    expect(shown.text).toContain('>Test<')
    // Its curl line is the request that was sent.
    expect(shown.text).toContain('CallingBox-Test: true')
    expect((await visitor.get('/deliveries')).text).toContain('>Test<')
  })

  it('sends once for a form that is sent twice', async () => {
    const form = await formOf()
    const first = await visitor.post(path, form)
    const second = await visitor.post(path, form)
    expect(second.path).toBe(first.path)
    await world.drain()
    expect(world.receiver.received).toHaveLength(1)
  })

  it.each([
    ['{"id": 1,\n  "x" 2}', 'The payload is not JSON: colon expected at line 2, column 7.'],
    ['', 'The payload is empty: send JSON.'],
    ['[]', 'call: must be an object'],
    ['{"id":"<b>7</b>"}', 'call.id: must be a UUID'],
    ['{"id":1,"id":2}', 'The member appears twice: send it once.'],
  ])('keeps %j as it was typed, and says what is wrong with it', async (payload, problem) => {
    const page = await visitor.post(path, { ...(await formOf()), payload })
    expect(page.status).toBe(400)
    expect(fieldsOn(page.text)).toMatchObject({ type: 'call.busy', payload })
    expect(textOf(page.text)).toContain(problem)
    expect(page.text).toContain('aria-invalid="true"')
    await world.drain()
    expect(world.receiver.received).toEqual([])
  })

  it('has nothing to send while the endpoint is disabled, and says what helps', async () => {
    const form = await formOf()
    await world.call(
      'PATCH',
      path.replace('/test', '').replace('/endpoints', '/v1/webhook_endpoints'),
      {
        status: 'disabled',
      },
    )
    const page = await visitor.get(path)
    expect(page.text).toContain('Enable it on its page')
    expect(page.text).not.toContain('<textarea')
    expect((await visitor.post(path, form)).status).toBe(409)
    await world.drain()
    expect(world.receiver.received).toEqual([])
  })

  it('is not there for an endpoint of another org (X1)', async () => {
    const { key } = await world.createOrg('Other')
    const other = await Visitor.signedIn(world, key)
    expect((await other.get(path)).status).toBe(404)
    expect((await other.post(path, await formOf())).status).toBe(404)
  })
})
