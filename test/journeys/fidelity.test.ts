// The call as the producer sent it is the call that the consumer gets, byte for byte.
import { beforeEach, describe, expect, it } from 'vitest'
import { World } from '../world.ts'

const DAY = 24 * 3600 * 1000
const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

/** Sends an event whose call is this text, and answers the call's text in each body received. */
async function passOn(call: string): Promise<string[]> {
  await world.call('POST', '/v1/events', `{"type":"call.completed","call":${call}}`)
  await world.drain()
  return world.receiver.received.map(({ body }) =>
    body.replace(/^.*?"data":\{"call":(.*)\}\}$/, '$1'),
  )
}

describe('the call object', () => {
  it.each([
    '9007199254740993',
    '1.0',
    '1e400',
    '-0',
    '123456789012345678901234567890.123456789',
    '1E+2',
    '0.1e-7',
  ])('keeps the number %s (P3)', async (number) => {
    const call = `{"id":"${CALL_ID}","n":${number},"list":[${number}]}`
    expect(await passOn(call)).toEqual([call])
  })

  it('keeps the order of members, names like integers included (P3)', async () => {
    const call = `{"z":1,"10":"a","2":"b","1":"c","id":"${CALL_ID}","__proto__":{"x":1},"a":0}`
    expect(await passOn(call)).toEqual([call])
  })

  it('keeps escapes as they were written (P3)', async () => {
    const call = String.raw`{"id":"${CALL_ID}","\u0061":"\/\u00e9é\ud83d\ude00😀\"\\\n"}`
    expect(await passOn(call)).toEqual([call])
  })

  it('becomes one line, white space in strings untouched (P3)', async () => {
    const pretty = `{\r\n\t"id" : "${CALL_ID}" ,\n  "text" : " a  b " ,\n  "empty" : [ ] ,\n "o": { }\n}`
    const line = `{"id":"${CALL_ID}","text":" a  b ","empty":[],"o":{}}`
    expect(await passOn(pretty)).toEqual([line])
  })

  it('keeps an id in the case in which it was sent', async () => {
    const call = `{"id":"${CALL_ID.toUpperCase()}"}`
    expect(await passOn(call)).toEqual([call])
    const [received] = world.receiver.received
    expect(received?.headers.get('X-CallingBox-Call-Id')).toBe(CALL_ID.toUpperCase())
  })

  it('keeps members that look like ours', async () => {
    const call = `{"id":"${CALL_ID}","data":{"call":null},"type":"x","webhook_url":null}`
    expect(await passOn(call)).toEqual([call])
  })

  it('is the same in a batch', async () => {
    const call = `{"id":"${CALL_ID}","n":9007199254740993,"2":1e400,"1":-0}`
    const event = `{"type":"call.queued","call":${call}}`
    await world.call('POST', '/v1/events/batch', `{"events":[ ${event}, ${event} ]}`)
    await world.drain()
    expect(world.receiver.received.map(({ body }) => body.slice(-call.length - 2))).toEqual([
      `${call}}}`,
      `${call}}}`,
    ])
  })

  it('is sent in identical bytes on all eight attempts and a redelivery (P2)', async () => {
    world.receiver.respond(500)
    const call = `{"id":"${CALL_ID}","n":9007199254740993,"t":"\\u00e9","2":1,"1":1.0}`
    const [first] = await passOn(call)
    await world.pass(5 * DAY)
    const { body } = await world.call('GET', '/v1/webhook_deliveries')
    await world.redeliver(body.data[0].id)
    await world.drain()
    const bodies = world.receiver.received.map((received) => received.body)
    expect(bodies).toHaveLength(9)
    expect(new Set(bodies).size).toBe(1)
    expect(first).toBe(call)
  })
})
