// Bodies that are no JSON, at the door; and text of every Unicode plane, all the way through.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOT_JSON, NOT_UTF8 } from '../json/json-corpus.ts'
import { verify } from '../journeys/verify.ts'
import { World } from '../world.ts'

/** Hundreds of requests, on a machine that has other things to do. */
const MANY = { timeout: 60_000 }

let world: World
beforeEach(async () => {
  world = await World.create()
})

/** Routes that read a body, each by its own middleware or handler. */
const DOORS = ['/v1/events', '/v1/events/batch', '/v1/webhook_endpoints', '/admin/orgs']

async function post(path: string, body: BodyInit): Promise<{ status: number; code: string }> {
  const key = path.startsWith('/admin') ? env.ADMIN_TOKEN : world.key
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }
  const response = await world.fetch(path, { method: 'POST', headers, body })
  const { code } = await response.json<{ code: string }>()
  return { status: response.status, code }
}

describe.each(DOORS)('POST %s', MANY, (path) => {
  it('answers 400 to every violation of the grammar, and 5xx to none (I3)', async () => {
    const cases = Object.values(NOT_JSON).flat()
    expect(cases.length).toBeGreaterThanOrEqual(150)
    const wrong: string[] = []
    for (const body of cases) {
      const { status, code } = await post(path, body)
      if (status !== 400 || code !== 'invalid_json') wrong.push(`${status} ${code} ${body}`)
    }
    expect(wrong).toEqual([])
  })

  it.each(Object.entries(NOT_UTF8))('answers 400 to %s (I3)', async (_, bytes) => {
    const encoder = new TextEncoder()
    const body = new Uint8Array([...encoder.encode('{"a":"'), ...bytes, ...encoder.encode('"}')])
    expect(await post(path, body)).toEqual({ status: 400, code: 'invalid_json' })
  })

  it.each([
    ['65 levels', '['.repeat(65) + ']'.repeat(65)],
    ['100,000 levels', '['.repeat(100_000)],
    ['a member that comes twice', '{"a":1,"a":2}'],
    ['one that comes twice by an escape', String.raw`{"a":1,"\u0061":2}`],
    ['half a surrogate pair', String.raw`{"a":"\ud800"}`],
    ['the other half', String.raw`{"a":"\udc00"}`],
    ['the halves in the wrong order', String.raw`{"a":"\udc00\ud800"}`],
    ['half a pair as a name', String.raw`{"\ud800":1}`],
    ['U+0000', String.raw`{"a":"\u0000"}`],
    ['a byte order mark', '\ufeff{}'],
  ])('answers 400 to %s (I3)', async (_, body) => {
    expect(await post(path, body)).toEqual({ status: 400, code: 'invalid_json' })
  })

  it.each(['null', 'true', '0', '"a"', '[]', '{}', '[[]]', '1e400', '{"__proto__":null}'])(
    'answers 400 to %s, which is JSON of another shape (I3)',
    async (body) => {
      expect(await post(path, body)).toEqual({ status: 400, code: 'invalid_request' })
    },
  )
})

/** The first, a middle and the last assigned or private code point of each of the 17 planes. */
const PLANES = Array.from({ length: 17 }, (_, plane) =>
  [0x0041, 0x2f9f, 0xf8ff, 0xfffd].map((low) => plane * 0x10000 + low),
)

describe('a call', () => {
  it.each(PLANES)('keeps the characters of its plane: U+%s …', async (...codePoints) => {
    const { body: endpoint } = await world.createEndpoint()
    const text = String.fromCodePoint(...codePoints)
    await world.send({ note: text, [text]: [text] })
    await world.drain()
    const [received] = world.receiver.received
    const body = received && (await verify(received, endpoint.signing_secret))
    expect(body.data.call).toMatchObject({ note: text, [text]: [text] })
  })

  it('keeps every character of the basic plane but U+0000 and surrogates, raw and escaped', async () => {
    await world.createEndpoint()
    let text = ''
    for (let code = 1; code <= 0xffff; code += 1) {
      if (code < 0xd800 || code > 0xdfff) text += String.fromCharCode(code)
    }
    const half = text.length / 2
    await world.send({ note: text.slice(0, half) })
    await world.send({ note: text.slice(half) })
    await world.drain()
    const notes = world.receiver.received.map(({ body }) => JSON.parse(body).data.call.note)
    expect(notes.join('')).toBe(text)
  })

  it('keeps names of prototypes as mere data, and numbers as they were written (P3)', async () => {
    await world.createEndpoint()
    const extras = String.raw`"__proto__":{"a":1},"constructor":null,"toString":1.0,"n":[9007199254740993,1e400,-0,1E+2],"e":"\u00e9\/"`
    const call = `{"id":"019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001",${extras}}`
    expect(await post('/v1/events', `{"type":"call.busy","call":${call}}`)).toMatchObject({
      status: 202,
    })
    await world.drain()
    expect(world.receiver.received[0]?.body).toContain(`"data":{"call":${call}}`)
  })
})
