// The call as the producer wrote it: whatever the grammar allows passes on, alone and in a batch (P3).
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { World, type Answered } from '../world.ts'
import { expectProblem, issuePaths, uuid } from './http/shapes.ts'

const CALL_ID = '7f9c2ba4-e88f-4271-a64b-3ac0f6a1e5d3'
const MAX_DEPTH = 500

let world: World
beforeEach(async () => {
  world = await World.create()
  await world.createEndpoint()
})

const eventOf = (call: string) => `{"type":"call.busy","call":${call}}`
const callOf = (members: string) => `{"id":"${CALL_ID}",${members}}`

function post(call: string): Promise<Answered> {
  return world.call('POST', '/v1/events', eventOf(call))
}

function postBatch(events: string[]): Promise<Answered> {
  return world.call('POST', '/v1/events/batch', `{"events":[${events.join(' ,')}]}`)
}

/** The texts of the calls that the receiver got, in order. */
async function received(): Promise<string[]> {
  await world.drain()
  const bodies = world.receiver.received.splice(0).map(({ body }) => body)
  return bodies.map((body) => body.replace(/^.*?"data":\{"call":(.*)\}\}$/s, '$1'))
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** Valid JSON that readers disagree about, as members of a call. */
const ODD = [
  String.raw`"a":"\ud83d"`,
  String.raw`"a":"cut \uDE00 here"`,
  String.raw`"a":"\ude00\ud83d"`,
  String.raw`"\ud83d":1`,
  String.raw`"a":"\u0000"`,
  String.raw`"\u0000":"a\u0000b"`,
  String.raw`"a":1,"a":2,"\u0061":3`,
  String.raw`"o":{"id":1,"id":2,"webhook_url":1,"webhook_url":2}`,
  String.raw`"call":1,"call":2,"type":"x","type":"y"`,
  String.raw`"__proto__":{"id":1},"__proto__":2`,
  String.raw`"\/":"\/\b\f\n\r\t\"\\"`,
  `"":"","":""`,
  `"deep":${nested(65)}`,
  `"deep":${nested(MAX_DEPTH - 1)}`,
  `"deep":${'{"a":'.repeat(MAX_DEPTH - 1)}-0${'}'.repeat(MAX_DEPTH - 1)}`,
]

describe('a call that is valid JSON', () => {
  it.each(ODD)('passes on byte for byte: %s', async (members) => {
    const call = callOf(members)
    expect((await post(call)).status).toBe(202)
    expect(await received()).toEqual([call])
  })

  it('passes on byte for byte in a batch', async () => {
    const calls = ODD.map(callOf)
    const { body } = await postBatch(calls.map(eventOf))
    expect(body.data.every(({ id }: { id: string }) => id)).toBe(true)
    expect((await received()).toSorted()).toEqual(calls.toSorted())
  })

  it('is read by a name that is spelled with escapes', async () => {
    const call = String.raw`{"\u0069d":"${CALL_ID}","webhook\u005furl":"https://inline.example/"}`
    const { body } = await post(call)
    expect(body).toMatchObject({ call_id: CALL_ID, deliveries: [{ endpoint_id: null }, {}] })
    expect(await received()).toEqual([call, call])
  })
})

/** Text of any string that JSON can write, half surrogates and U+0000 as escapes among them. */
const string = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }).map((raw) => JSON.stringify(raw).slice(1, -1)),
      fc.constantFrom('\\ud83d', '\\uDE00', '\\u0000', '\\ud83d\\ude00', '\\/', '\\u0061', 'a'),
    ),
    { maxLength: 3 },
  )
  .map((parts) => `"${parts.join('')}"`)

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'call' },
    string,
    fc.constantFrom('-0', '1.0', '1e400', '9007199254740993', 'true', 'null', '0.10', '1E+5'),
    fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(fc.oneof(string, fc.constantFrom('"a"', '"b"')), tie('json')), {
        maxLength: 4,
      })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  ),
}))

describe('a random call', () => {
  it('arrives with its bytes unchanged, alone and in a batch (P3)', async () => {
    const values = fc.sample(json, { numRuns: 300, seed: 11 })
    const calls = values.map((value, place) => callOf(`"n":${place},"x":${value},"x":${value}`))
    for (const call of calls.slice(0, 50)) expect((await post(call)).status).toBe(202)
    for (let start = 50; start < calls.length; start += 50) {
      const { body } = await postBatch(calls.slice(start, start + 50).map(eventOf))
      expect(body.data.every(({ id }: { id?: string }) => id)).toBe(true)
    }
    expect((await received()).toSorted()).toEqual(calls.toSorted())
  })
})

/** What cannot be read in one way, with the path of the place. */
const AMBIGUOUS: [event: string, path: string][] = [
  [eventOf(`{"id":"${CALL_ID}","id":"${CALL_ID}"}`), 'call.id'],
  [eventOf(String.raw`{"id":"${CALL_ID}","\u0069d":"${CALL_ID}"}`), 'call.id'],
  [eventOf(callOf('"webhook_url":null,"webhook_url":null')), 'call.webhook_url'],
  [eventOf(callOf(`"x":${nested(MAX_DEPTH)}`)), 'call'],
  [eventOf(callOf(`"x":${nested(50_000)}`)), 'call'],
  [`{"type":"call.busy","call":${callOf('"a":1')},"call":${callOf('"a":1')}}`, 'call'],
  [`{"type":"call.busy","type":"call.busy","call":${callOf('"a":1')}}`, 'type'],
  [String.raw`{"type":"call.busy\u0000","call":${callOf('"a":1')}}`, 'type'],
  [String.raw`{"type":"\ud83d","call":${callOf('"a":1')}}`, 'type'],
  [`{"type":${nested(65)},"call":${callOf('"a":1')}}`, `type${'.0'.repeat(63)}`.slice(0, 100)],
]

describe('an event that can be read in two ways', () => {
  it.each(AMBIGUOUS)('is refused by name: %s', async (event, path) => {
    const answer = await world.call('POST', '/v1/events', event)
    expectProblem(answer, 'invalid_json')
    expect(issuePaths(answer)).toEqual([path])
  })

  it.each(AMBIGUOUS)('is refused alone in a batch: %s', async (event, path) => {
    const good = eventOf(callOf('"a":1'))
    const { status, body } = await postBatch([good, event, good])
    expect(status).toBe(202)
    const issues = [{ path, message: expect.any(String) }]
    expect(body.data).toMatchObject([{ id: uuid }, { code: 'invalid_json', issues }, { id: uuid }])
    expect(await received()).toHaveLength(2)
  })
})

describe('members of our own', () => {
  it.each([
    ['"url":"https://a.example/","description":"\\ud83d"', 'description'],
    ['"url":"https://a.example/","description":"a\\u0000"', 'description'],
    ['"url":"https://a.example/","url":"https://b.example/"', 'url'],
    ['"url":"https://a.example/","call":{"a":1,"a":2}', 'call.a'],
  ])('stay strict: %s', async (members, path) => {
    const answer = await world.call('POST', '/v1/webhook_endpoints', `{${members}}`)
    expectProblem(answer, 'invalid_json')
    expect(issuePaths(answer)).toEqual([path])
  })

  it('stay strict around a batch', async () => {
    const event = eventOf(callOf('"a":1'))
    const answer = await world.call(
      'POST',
      '/v1/events/batch',
      `{"events":[${event}],"events":[${event}]}`,
    )
    expectProblem(answer, 'invalid_json')
    expect(issuePaths(answer)).toEqual(['events'])
  })
})
