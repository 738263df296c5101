// What a tool says where one of the questions that it asks is refused, or the answers are long.
import { McpServer } from '@modelcontextprotocol/server'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Answer, Ask } from '../../src/mcp/ask.ts'
import { addDeliveryTools } from '../../src/mcp/deliveries.ts'
import { addEndpointTools } from '../../src/mcp/endpoints.ts'
import { World, type Json } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
})

const BUSY = { error: 'Too many requests.', code: 'rate_limited', request_id: 'r' }

/** Uses a tool that asks the real API, but where a path is refused. */
async function use(name: string, given: Json, refused?: RegExp): Promise<Json> {
  const ask: Ask = async (method, path): Promise<Answer> => {
    if (refused?.test(path)) return { isDone: false, value: BUSY }
    const { status, body } = await world.call(method, path)
    return { isDone: status < 300, value: body }
  }
  const server = new McpServer({ name: 'test', version: '1' })
  const register = vi.spyOn(server, 'registerTool')
  addDeliveryTools(server, ask, 8)
  addEndpointTools(server, ask)
  const call = register.mock.calls.find(([registered]) => registered === name)
  // What is registered takes what the schema has let through.
  const run = call?.[2] as unknown as (given: Json) => Promise<Json>
  return run(given)
}

it('says that it was refused, and not that an endpoint was deleted', async () => {
  const { body: endpoint } = await world.createEndpoint()
  world.receiver.respond(500)
  const id = await world.deliver()
  await world.drain()
  const asked = { delivery_id: id }
  const busy = await use('explain_delivery', asked, /^\/v1\/webhook_endpoints\//)
  expect(busy).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('(rate_limited)') }],
  })
  const told = await use('explain_delivery', asked)
  expect(told.content[0].text).not.toContain('deleted')
  await world.call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)
  expect((await use('explain_delivery', asked)).content[0].text).toContain('was deleted')
})

it.each(['exhausted', 'pending'])(
  'says that it was refused, and not that nothing is %s',
  async (status) => {
    const { body: endpoint } = await world.createEndpoint()
    const busy = await use(
      'endpoint_health',
      { endpoint_id: endpoint.id },
      new RegExp(`status=${status}`),
    )
    expect(busy).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('(rate_limited)') }],
    })
  },
)

it('tells of a hundred attempts no more than an agent can read', async () => {
  await world.createEndpoint()
  world.receiver.answer = () =>
    new Response('x'.repeat(100_000), { status: 500, headers: { 'X-Long': 'y'.repeat(4000) } })
  const id = await world.deliver()
  await world.drain()
  for (let count = 0; count < 30; count += 1) {
    await world.redeliver(id)
    await world.drain()
    world.clock += 60_000
  }
  const { attempts } = await world.delivery(id)
  const { content } = await use('explain_delivery', { delivery_id: id })
  const told = JSON.parse(content[1].text)
  expect(attempts).toHaveLength(31)
  expect(told.attempts.map(({ number }: Json) => number)).toEqual(
    Array.from({ length: 20 }, (_, place) => place + 12),
  )
  expect(told.attempts_before_these).toBe(11)
  expect(content[1].text.length).toBeLessThan(12_000)
})
