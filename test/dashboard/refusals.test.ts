// What cannot be done: not offered, or refused in words for a person, on a page with the way on.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { tellRefusal } from '../../src/dashboard/refusal.ts'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import { World, type Json } from '../world.ts'
import { wordsOf } from './replays/forms.ts'
import { FRAGMENT, ORIGIN, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

/** A delivery to an endpoint that is enabled, to one that is disabled, to one that was deleted, and an inline one. */
async function deliverToEach() {
  const made = new Map<string, string>()
  for (const name of ['open', 'disabled', 'deleted']) {
    const { body } = await world.createEndpoint({ description: name })
    made.set(body.id, name)
  }
  world.receiver.respond(500)
  const { body } = await world.send({ webhook_url: 'https://inline.example/' })
  await world.drain()
  const ids: Record<string, string> = {}
  for (const { id, endpoint_id: of } of body.deliveries) ids[made.get(of) ?? 'inline'] = id
  const endpoints = Object.fromEntries([...made].map(([id, name]) => [name, id]))
  const path = (name: string) => `/v1/webhook_endpoints/${endpoints[name]}`
  await world.call('PATCH', path('disabled'), { status: 'disabled' })
  await world.call('DELETE', path('deleted'))
  const { open = '', disabled = '', deleted = '', inline = '' } = ids
  return { open, disabled, deleted, inline, endpoints }
}

/** The line of a page that tells of a delivery. */
function lineOf(html: string, id: string): string {
  return html.split(/<tr|<li/).find((line) => line.includes(`/deliveries/${id}"`)) ?? ''
}

describe('Redeliver', () => {
  it.each(['', '/deliveries'])(
    'is offered on each line where it can be done, and else the reason and what helps: %j',
    async (path) => {
      const { open, disabled, deleted, inline, endpoints } = await deliverToEach()
      const { text } = await visitor.get(path)
      for (const id of [open, inline]) {
        expect(lineOf(text, id)).toContain(`action="/dashboard/deliveries/${id}/redeliver"`)
      }
      expect(lineOf(text, disabled)).not.toContain('/redeliver"')
      expect(lineOf(text, disabled)).toContain('Endpoint disabled')
      expect(lineOf(text, disabled)).toContain(
        `href="/dashboard/endpoints/${endpoints['disabled']}/status?status=enabled"`,
      )
      expect(lineOf(text, deleted)).not.toContain('/redeliver"')
      // The overview does not tell of what a deletion has ended.
      expect(lineOf(text, deleted) || 'Endpoint deleted').toContain('Endpoint deleted')
    },
  )

  it('is not offered on the page of one that cannot be sent, nor is its line to be ticked', async () => {
    const { open, disabled, deleted } = await deliverToEach()
    for (const id of [disabled, deleted]) {
      const { text } = await visitor.get(`/deliveries/${id}`)
      expect(text).not.toContain('/redeliver"')
    }
    const { text } = await visitor.get('/deliveries')
    const ticked = [...text.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id)
    expect(ticked).toContain(open)
    expect(ticked).not.toContain(disabled)
    expect(ticked).not.toContain(deleted)
  })

  it('is refused on a page with the way on, that can be opened again', async () => {
    const { disabled, deleted } = await deliverToEach()
    for (const [id, words] of [
      [disabled, 'gets nothing until it is enabled'],
      [deleted, 'was deleted'],
    ] as const) {
      const path = `/deliveries/${id}/redeliver`
      const refused = await visitor.post(path)
      const again = await visitor.get(path)
      expect([refused.status, again.status]).toEqual([409, 200])
      for (const { text } of [refused, again]) {
        expect(wordsOf(text)).toContain(words)
        expect(text).toContain('aria-label="Main"')
      }
    }
  })
})

describe('a selection', () => {
  it('is asked about: where each goes, what arrived already, and what is left out', async () => {
    const { open, disabled, deleted, inline } = await deliverToEach()
    world.receiver.respond(200)
    await world.redeliver(open)
    await world.drain()
    const ids = [open, disabled, deleted, inline]
    const { text } = await visitor.get(`/deliveries/redeliver?id=${ids.join('&id=')}&back=`)
    const words = wordsOf(text)
    expect(words).toContain('Redeliver 2 deliveries?')
    expect(words).toContain('1 to open')
    expect(words).toContain('1 to inline.example/')
    expect(words).toContain('1 of them arrived already')
    expect(words).toContain('1 left out: its endpoint is disabled ( enable disabled )')
    expect(words).toContain('1 left out: its endpoint was deleted')
    const sent = [...text.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(sent)).toEqual(new Set([open, inline]))
    expect(await world.delivery(inline)).toMatchObject({ manual_retry_count: 0 })
  })

  it('that is empty says what to do', async () => {
    const { text } = await visitor.get('/deliveries/redeliver?back=%3Fstatus%3Dpending')
    expect(wordsOf(text)).toContain('Tick some deliveries in the list first.')
    expect(text).toContain('href="/dashboard/deliveries?status=pending"')
  })

  it('says how many were not sent, for which reason', async () => {
    const { open, disabled, deleted, inline } = await deliverToEach()
    await env.DB.prepare('UPDATE deliveries SET manual_retry_count = 1000 WHERE id = ?')
      .bind(inline)
      .run()
    const ids = [open, disabled, deleted, inline, crypto.randomUUID()]
    const page = await visitor.post('/deliveries/redeliver', { id: ids, back: '?status=pending' })
    const words = wordsOf(page.text)
    expect(page.path).toContain('/deliveries?status=pending&done=1')
    expect(words).toContain('1 on their way again.')
    expect(words).toContain('1 not sent because the endpoint is disabled ( enable it')
    expect(words).toContain('1 not sent because the endpoint was deleted.')
    expect(words).toContain('1 not sent because it was redelivered as often as it can be.')
    expect(words).toContain('1 not sent because it is no longer there.')
  })

  it('of a whole page of 200 is sent, within the statements that D1 allows a request', async () => {
    await world.createEndpoint()
    for (let batch = 0; batch < 2; batch += 1) {
      const calls = Array.from({ length: 100 }, () => ({ id: crypto.randomUUID() }))
      const events = calls.map((call) => ({ type: 'call.completed', call }))
      await world.call('POST', '/v1/events/batch', { events })
    }
    const { body } = await world.call('GET', '/v1/webhook_deliveries?limit=200')
    const id = body.data.map((one: Json) => one.id)
    const query = new URLSearchParams(id.map((one: string) => ['id', one]))
    const { text } = await visitor.get(`/deliveries/redeliver?${query.toString()}`)
    const token = /name="token" value="([^"]+)"/.exec(text)?.[1] ?? ''
    const page = await visitor.post('/deliveries/redeliver', { id, token })
    expect(page.path).toBe('/deliveries?done=200')
  })
})

describe('an error', () => {
  it.each([
    ['/deliveries/nothing', 'Deliveries', 404],
    ['/endpoints/nothing/rotate', 'Endpoints', 404],
    ['/replays/nothing', 'Replays', 404],
    ['/settings/keys/nothing/revoke', 'Settings', 404],
    ['/nothing', 'Overview', 404],
    ['/sign-out', 'Overview', 405],
  ])('keeps what is around every page: %s', async (path, section, status) => {
    const page = await visitor.get(path)
    expect(page.status).toBe(status)
    expect(page.text).toMatch(new RegExp(`aria-current="page">${section}</a>`))
  })

  it.each([
    ['/endpoints/new', 'Endpoints'],
    ['/endpoints/:id', 'Endpoints'],
    ['/endpoints/:id/test', 'Endpoints'],
    ['/deliveries/redeliver', 'Deliveries'],
    ['/settings/keys', 'Settings'],
  ])('of a form that is too long says what to do, where the form is: %s', async (path, section) => {
    const { body } = await world.createEndpoint()
    const address = path.replace(':id', body.id)
    const page = await visitor.post(address, { payload: 'x'.repeat(70_000) })
    expect(page.status).toBe(413)
    expect(wordsOf(page.text)).toContain('longer than 64 KB')
    expect(wordsOf(page.text)).toContain('go back, make it shorter, and send it again')
    expect(page.text).toMatch(new RegExp(`aria-current="page">${section}</a>`))
    expect((await visitor.get(address)).status).toBe(200)
  })

  it('of a form that cannot be read keeps what is around every page, too', async () => {
    const headers = { Origin: ORIGIN, 'Content-Type': 'text/plain' }
    const answer = await visitor.request('/endpoints/new', { method: 'POST', headers, body: 'x' })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('aria-label="Main"')
  })

  it('of a form has nothing around it for who is not signed in', async () => {
    visitor.cookie = ''
    const page = await visitor.post('/sign-in', { key: 'x'.repeat(70_000) })
    expect(page.status).toBe(413)
    expect(wordsOf(page.text)).toContain('longer than 64 KB')
    expect(page.text).not.toContain('aria-label="Main"')
  })

  it('of ours names the line of the log that tells of it', async () => {
    const real = world.db
    await visitor.get('/settings')
    world.db = new Proxy(real, {
      get: (db, name) => {
        if (name !== 'prepare') return Reflect.get(db, name)
        return (query: string) => {
          if (/FROM\s+"?api_keys"?\s+WHERE|audit_log/i.test(query)) throw new Error('broken')
          return db.prepare(query)
        }
      },
    })
    const page = await visitor.get('/settings/audit-log')
    world.db = real
    expect(page.status).toBe(500)
    expect(page.text).toContain('aria-label="Main"')
    const told = world.logs.find((line: Json) => line['request_id'] !== undefined)
    expect(page.text).toContain(String((told as Json)['request_id']))
  })

  it('leaves an open page as it is when a look for news fails, and tells of an act that fails', async () => {
    const look = await visitor.request('/deliveries/nothing', { headers: FRAGMENT })
    expect([look.status, look.headers.get('HX-Reswap')]).toEqual([404, 'none'])
    const act = await visitor.send('/deliveries/nothing/redeliver', {}, FRAGMENT)
    expect([act.status, act.headers.get('HX-Retarget')]).toEqual([404, '#main'])
  })
})

describe('why something was refused', () => {
  const CODES: ErrorCode[] = [
    'invalid_api_key',
    'method_not_allowed',
    'endpoint_disabled',
    'endpoint_deleted',
    'endpoint_limit_reached',
    'api_key_limit_reached',
    'too_many_live_secrets',
    'redeliver_limit_reached',
    'too_many_replays',
    'replay_not_running',
    'replay_not_paused',
    'replay_is_over',
    'idempotency_key_reused',
    'already_there',
    'move_under_way',
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
    'internal_error',
    'misconfigured',
    'unavailable',
  ]

  it.each(CODES)('is told without a word of the API: %s', (code) => {
    const sentence = tellRefusal(new AppError(code))
    expect(sentence).not.toMatch(/\/v1|[{}]|PATCH|POST|header|Idempotency|JSON|Authorization|_/)
    expect(sentence).toMatch(/\.$/)
  })
})
