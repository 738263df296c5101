// What came back, told by the API as it was: whoever answered, and however it ended.
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Json } from '../world.ts'

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

/** The delivery after its first attempt, and that attempt. */
async function deliverTo(answer: () => Response): Promise<{ delivery: Json; attempt: Json }> {
  world.receiver.answer = answer
  const id = await world.deliver()
  await world.drain()
  const delivery = await world.delivery(id)
  return { delivery, attempt: delivery.attempts[0] }
}

describe('an answer', () => {
  it('is the receiver’s own though it mentions a code of the platform', async () => {
    const body = '{"message":"not from here (internal error code: 1003)"}'
    const { delivery, attempt } = await deliverTo(() => new Response(body, { status: 403 }))
    expect(delivery).toMatchObject({ last_error: 'HTTP 403', last_response_status: 403 })
    expect(attempt).toMatchObject({
      error: { kind: 'http_status' },
      response: { status: 403, body },
    })
  })

  it('of the platform’s says what went wrong, and is kept', async () => {
    const { delivery, attempt } = await deliverTo(
      () => new Response('error code: 1016', { status: 530 }),
    )
    expect(delivery).toMatchObject({ status: 'pending', last_response_status: 530 })
    expect(delivery.last_error).toContain('could not be resolved')
    expect(attempt).toMatchObject({
      headers_ms: expect.any(Number),
      error: { kind: 'dns' },
      response: { status: 530, body: 'error code: 1016' },
    })
  })

  it('keeps headers that come twice, and one named __proto__', async () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['__proto__', 'yes'],
    ])
    const { attempt } = await deliverTo(() => new Response(null, { headers }))
    expect(Object.entries(attempt.response.headers)).toEqual([
      ['__proto__', 'yes'],
      ['set-cookie', 'a=1\nb=2'],
    ])
  })

  it('that is a 304 leads nowhere', async () => {
    const { delivery, attempt } = await deliverTo(() => new Response(null, { status: 304 }))
    expect(delivery).toMatchObject({ status: 'pending', last_error: 'HTTP 304' })
    expect(attempt.error).toEqual({ kind: 'http_status', message: 'HTTP 304' })
  })
})

describe('a webhook', () => {
  it('says that it takes any answer', async () => {
    await deliverTo(() => new Response('ok'))
    expect(world.receiver.received[0]?.headers.get('accept')).toBe('*/*')
  })
})
