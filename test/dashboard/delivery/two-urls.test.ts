// A delivery whose endpoint has another URL by now: where it is sent again is asked.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../../world.ts'
import { Visitor } from '../visitor.ts'

const OLD = 'https://typo.example/hooks'
const NEW = 'https://mended.example/hooks'

let world: World
let visitor: Visitor
let endpointId: string
let id: string
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  world.receiver.answer = ({ url }) => new Response('', { status: url === NEW ? 200 : 404 })
  const { body } = await world.createEndpoint({ url: OLD })
  endpointId = body.id
  id = await world.deliver()
  await world.drain()
})

async function mend(): Promise<void> {
  await world.call('PATCH', `/v1/webhook_endpoints/${endpointId}`, { url: NEW })
}

describe('a delivery', () => {
  it('is redelivered without a question while there is one URL', async () => {
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).not.toContain('name="to"')
    await visitor.post(`/deliveries/${id}/redeliver`)
    expect(await world.delivery(id)).toMatchObject({ url: OLD, manual_retry_count: 1 })
  })

  it.each([
    ['current', NEW, 'delivered'],
    ['original', OLD, 'pending'],
  ])('asks which of two, and goes to the %s one', async (to, url, status) => {
    await mend()
    const { text } = await visitor.get(`/deliveries/${id}`)
    expect(text).toContain(NEW)
    expect(text).toContain(`name="to" value="${to}"`)
    await visitor.post(`/deliveries/${id}/redeliver`, { to })
    await world.drain()
    expect(await world.delivery(id)).toMatchObject({ url, status })
  })

  it('asks no more once it was sent to the present one', async () => {
    await mend()
    const { text } = await visitor.post(`/deliveries/${id}/redeliver`, { to: 'current' })
    expect(text).not.toContain('name="to"')
  })

  it('does not go to a URL that nobody knows', async () => {
    const page = await visitor.post(`/deliveries/${id}/redeliver`, { to: 'elsewhere' })
    expect(page.status).toBe(400)
    expect(await world.delivery(id)).toMatchObject({ manual_retry_count: 0 })
  })

  it('leads from the lists to where it is asked', async () => {
    const action = `formaction="/dashboard/deliveries/${id}/redeliver"`
    expect((await visitor.get('/deliveries')).text).toContain(action)
    await mend()
    const { text } = await visitor.get('/deliveries')
    expect(text).not.toContain(action)
    expect(text).toContain(
      `<a class="button small quiet" href="/dashboard/deliveries/${id}" data-asks-where="true">`,
    )
    const overview = await visitor.get('')
    expect(overview.text).not.toContain(`action="/dashboard/deliveries/${id}/redeliver"`)
  })

  it('goes to the present one with all that are selected', async () => {
    const button = '<button class="small" data-needs-selection="true" name="to" value="current">'
    expect((await visitor.get('/deliveries')).text).not.toContain(button)
    await mend()
    expect((await visitor.get('/deliveries')).text).toContain(button)
    await visitor.post('/deliveries/redeliver', { id: [id], to: 'current' })
    expect(await world.delivery(id)).toMatchObject({ url: NEW, manual_retry_count: 1 })
  })
})
