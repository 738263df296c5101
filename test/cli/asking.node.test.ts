// What the command line asks on a line that loses answers, and what it makes of answers.
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Api } from '../../src/cli/api.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { EVENT_TYPES } from '../../src/webhook/event-types.ts'
import { ENDPOINT, ID, run, serve, stopAll, type Service } from './service.ts'

afterAll(stopAll)

const GONE = { status: 404, body: { error: 'There is no such endpoint.', code: 'not_found' } }

describe.concurrent('a DELETE', () => {
  it('is done when it is asked for again and the thing is gone: the first answer was lost', async () => {
    const service = await serve((number) => (number === 0 ? 'lost' : GONE))
    const { status, out } = await run(service, ['endpoints', 'delete', ID, '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(out)).toEqual({ id: ID, deleted: true })
    expect(service.asked).toEqual(Array(2).fill(`DELETE /v1/webhook_endpoints/${ID}`))
  })

  it('says that there is no such thing when the first answer says so', async () => {
    const service = await serve(() => GONE)
    const ran = await run(service, ['endpoints', 'delete', ID])
    expect(ran).toEqual({ status: 4, out: '', err: 'There is no such endpoint.\n' })
    expect(service.asked).toHaveLength(1)
  })
})

describe('the deletion of a payload', () => {
  it('is asked for again when its answer was lost, and is the same', async () => {
    const service = await serve((number) => (number === 0 ? 'lost' : { status: 204 }))
    const { status, out } = await run(service, ['events', 'forget', ID, '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(out)).toEqual({ id: ID, payload_deleted: true })
    expect(service.asked).toEqual(Array(2).fill(`DELETE /v1/events/${ID}/payload`))
  })

  it('is refused before anything is asked where the id is none', async () => {
    const service = await serve(() => ({ status: 204 }))
    expect((await run(service, ['events', 'forget', 'x'])).status).toBe(2)
    expect(service.asked).toEqual([])
  })
})

/** The headers that each request asks for. */
function headersIn({ bodies }: Service): unknown[] {
  return bodies.map((body) => JSON.parse(body).headers)
}

describe.concurrent('metadata of an endpoint', () => {
  const METADATA = { plan: 'gold=1', note: '' }
  const NOTED = { ...ENDPOINT, metadata: METADATA }
  const FLAGS = ['--metadata', 'plan=gold=1', '--metadata', 'note=']

  it('is given to create and update by pairs, told, and cleared where that is asked', async () => {
    const service = await serve(() => ({ status: 200, body: NOTED }))
    const { out } = await run(service, ['endpoints', 'create', '--url', 'https://a', ...FLAGS])
    expect(out).toMatch(/metadata +plan=gold=1, note=\n/)
    await run(service, ['endpoints', 'update', ID, ...FLAGS])
    await run(service, ['endpoints', 'update', ID, '--clear-metadata'])
    await run(service, ['endpoints', 'update', ID, '--description', 'x'])
    const given = service.bodies.map((body) => JSON.parse(body).metadata)
    expect(given).toEqual([METADATA, METADATA, null, undefined])
  })

  it('comes with a pace, which is shown, and cleared', async () => {
    const service = await serve(() => ({ status: 200, body: { ...NOTED, max_per_second: 10 } }))
    const make = ['endpoints', 'create', '--url', 'https://example.com/', '--max-per-second', '10']
    expect((await run(service, make)).out).toMatch(/at most a second +10\n/)
    await run(service, ['endpoints', 'update', ID, '--max-per-second', '500'])
    await run(service, ['endpoints', 'update', ID, '--clear-max-per-second'])
    const both = ['--max-per-second', '5', '--clear-max-per-second']
    expect((await run(service, ['endpoints', 'update', ID, ...both])).status).toBe(2)
    const given = service.bodies.map((body) => JSON.parse(body).max_per_second)
    expect(given).toEqual([10, 500, null])
  })

  it('comes with an external id, by which commands find it', async () => {
    const found = { ...NOTED, external_id: 'billing-eu' }
    const service = await serve(() => ({ status: 200, body: found }))
    const { out } = await run(service, ['endpoints', 'update', 'billing-eu', '--external-id', 'b'])
    expect(out).toMatch(/external id +billing-eu\n/)
    await run(service, ['endpoints', 'enable', 'billing-eu', '--json'])
    await run(service, ['endpoints', 'update', ID, '--clear-external-id'])
    for (const bad of ['..', 'a/b', '-x']) {
      expect((await run(service, ['endpoints', 'enable', bad])).status).toBe(2)
    }
    const names = ['billing-eu', 'billing-eu', ID]
    expect(service.asked).toEqual(names.map((name) => `PATCH /v1/webhook_endpoints/${name}`))
    const given = service.bodies.map((body) => JSON.parse(body).external_id)
    expect(given).toEqual(['b', undefined, null])
  })

  it('is refused twice by one name, and both given and cleared', async () => {
    const service = await serve(() => ({ status: 200, body: NOTED }))
    const twice = ['--metadata', 'a=1', '--metadata', 'a=2']
    for (const flags of [twice, [...FLAGS, '--clear-metadata']]) {
      expect((await run(service, ['endpoints', 'update', ID, ...flags])).status).toBe(2)
    }
    expect(service.asked).toEqual([])
  })
})

describe.concurrent('headers of an endpoint', () => {
  const COVERED = { ...ENDPOINT, headers: { Authorization: '…9c41', 'X-Key': '…' } }

  it('are given to create and update, and told by their names', async () => {
    const service = await serve(() => ({ status: 200, body: COVERED }))
    const flags = ['--header', 'Authorization: Bearer a:b 9c41', '--header', 'X-Key:k']
    const { out } = await run(service, ['endpoints', 'create', '--url', 'https://a', ...flags])
    await run(service, ['endpoints', 'update', ID, ...flags])
    const headers = { Authorization: 'Bearer a:b 9c41', 'X-Key': 'k' }
    expect(headersIn(service)).toEqual([headers, headers])
    expect(out).toMatch(/headers +Authorization, X-Key\n/)
    expect(out).not.toContain('9c41')
  })

  it('are left alone where none is given, and cleared where that is asked', async () => {
    const service = await serve(() => ({ status: 200, body: { ...ENDPOINT, headers: null } }))
    await run(service, ['endpoints', 'update', ID, '--description', 'x'])
    await run(service, ['endpoints', 'update', ID, '--clear-headers'])
    expect(headersIn(service)).toEqual([undefined, null])
  })

  it.each([
    ['without a name', ['--header', ': secret']],
    ['without a colon', ['--header', 'secret']],
    ['twice', ['--header', 'A: secret', '--header', 'A: secret']],
    ['and cleared at once', ['--header', 'A: secret', '--clear-headers']],
  ])('are refused %s, before anything is asked, and the value is not told', async (_, flags) => {
    const service = await serve(() => ({ status: 200, body: COVERED }))
    const { status, err } = await run(service, ['endpoints', 'update', ID, ...flags])
    expect([status, service.asked]).toEqual([2, []])
    expect(err).not.toContain('secret')
  })
})

describe('what acts', () => {
  it('is asked for again under one Idempotency-Key, and a 404 of it stays one', async () => {
    const service = await serve((number) => (number === 0 ? 'lost' : GONE))
    const { status } = await run(service, ['deliveries', 'redeliver', ID])
    expect(status).toBe(4)
    expect(service.keys[0]).toMatch(/^[\da-f-]{36}$/)
    expect(service.keys).toEqual([service.keys[0], service.keys[0]])
  })
})

describe('a call of one’s own', () => {
  it('is sent byte for byte', async () => {
    const service = await serve(() => ({ status: 202, body: { data: [] } }))
    const call = '{"id":"c", "cost":1.0,"big":9007199254740993}'
    await run(service, ['events', 'send', '--call', '-'], { input: call })
    expect(service.bodies[0]).toContain(call)
  })
})

const HTML = { status: 200, body: '<!doctype html><title>A website</title>' }

function apiOf({ url }: Pick<Service, 'url'>): Api {
  return new Api({ url, key: 'sk_test' })
}

describe('an answer of something else', () => {
  it.each([
    ['a page', HTML],
    ['a page for what is not there', { ...HTML, status: 404 }],
    ['JSON of another shape', { status: 200, body: { data: [{ name: 'x' }] } }],
    ['a way to another page', { status: 302, headers: { Location: '/sign-in' } }],
  ])('is told as such: %s', async (_what, answer) => {
    const service = await serve(() => answer)
    const asked = apiOf(service).list(z.object({ id: z.string() }), '/v1/things')
    await expect(asked).rejects.toMatchObject({
      status: EXIT.failed,
      message: expect.stringMatching(/^http:\S+ answers something else.*: is it this service\?$/),
    })
  })

  it('is not taken for a deletion', async () => {
    const service = await serve(() => HTML)
    await expect(apiOf(service).ask(z.undefined(), 'DELETE', '/v1/x')).rejects.toThrow(
      /something else/,
    )
  })

  it('keeps nobody signed in', async () => {
    const service = await serve(() => HTML)
    const folder = await mkdtemp(join(tmpdir(), 'callingbox-cli-'))
    const env = { XDG_CONFIG_HOME: folder }
    const ran = await run(service, ['login', '--url', service.url], { input: 'sk_test\n', env })
    expect(ran.status).toBe(EXIT.failed)
    expect(ran.err).toBe(`${service.url} answers something else: is it this service?\n`)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('a service that has moved', () => {
  it('is not followed, which would make a GET of a POST: its new address is told', async () => {
    const there = await serve(() => ({ status: 200, body: {} }))
    const Location = `${there.url.replace('//', '//name:secret@')}/v1/x?key=secret`
    for (const status of [301, 302, 307, 308]) {
      const here = await serve(() => ({ status, headers: { Location } }))
      await expect(apiOf(here).ask(z.looseObject({}), 'POST', '/v1/x')).rejects.toMatchObject({
        status: EXIT.failed,
        message: `${here.url} has moved to ${there.url}: use that address, in login --url or CALLINGBOX_URL.`,
      })
    }
    expect(there.asked).toEqual([])
  })
})

describe('what cannot be reached', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it.each([
    ['the first of several addresses', refusedAt('::1', '127.0.0.1'), 'refused at ::1'],
    ['a name without words', Object.assign(new Error(''), { code: 'ENOTFOUND' }), 'ENOTFOUND'],
  ])('is told by its reason: %s', async (_what, cause, reason) => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed', { cause })))
    const asked = apiOf({ url: 'http://localhost:1' }).ask(z.unknown(), 'GET', '/v1/x')
    await expect(asked).rejects.toMatchObject({
      status: EXIT.unavailable,
      message: `http://localhost:1 cannot be reached: ${reason}. Does it run, and is that its address?`,
    })
  })
})

/** As Node tells of a name with several addresses, at none of which anything listens. */
function refusedAt(...addresses: string[]): AggregateError {
  const errors = addresses.map((address) => new Error(`refused at ${address}`))
  return Object.assign(new AggregateError(errors, ''), { code: 'ECONNREFUSED' })
}

function refused(message: string) {
  return {
    result: 'refused',
    error: 'The request is not valid: see issues.',
    code: 'invalid_request',
    issues: [{ path: 'call.id', message }],
  }
}

describe('events send', () => {
  const accepted = {
    result: 'accepted',
    id: ID,
    type: 'call.queued',
    created: 1,
    call_id: ID,
    deliveries: [],
    skipped: [],
  }

  it('tells why each event was refused, and which were accepted', async () => {
    const data = EVENT_TYPES.map((type) =>
      type === 'call.queued' ? accepted : refused(`is odd in ${type}`),
    )
    const service = await serve(() => ({ status: 202, body: { data } }))
    const { status, out, err } = await run(service, ['events', 'send', '--all'])
    expect(status).toBe(EXIT.refused)
    expect(out).toContain(ID)
    const others = EVENT_TYPES.filter((type) => type !== 'call.queued')
    expect(err).toBe(
      others
        .map((type) => `${type}: ${refused('').error}\n  call.id: is odd in ${type}\n`)
        .join(''),
    )
  })

  it('gives a program all of the answer', async () => {
    const body = { data: [refused('is odd')] }
    const service = await serve(() => ({ status: 202, body }))
    const { status, out } = await run(service, ['events', 'send', '--json'])
    expect([status, JSON.parse(out)]).toEqual([EXIT.refused, body])
  })
})
