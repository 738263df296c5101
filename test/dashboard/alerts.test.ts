// An automatic disabling is told: on every page, until somebody enables the endpoint or dismisses the alert.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { costOf } from '../db/counter.ts'
import { World, type Json } from '../world.ts'
import { ORIGIN, textOf, Visitor } from './visitor.ts'

const LIMIT = 3

let world: World
let visitor: Visitor
let id: string
beforeEach(async () => {
  world = await World.create({ DISABLE_AFTER_EXHAUSTED: String(LIMIT) })
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint({ description: 'Billing' })).body.id
  await env.DB.exec('DELETE FROM audit_log')
})

/** Lets so many deliveries exhaust, one after the other. */
async function exhaust(count = LIMIT, status = 500): Promise<void> {
  world.receiver.respond(status)
  for (let made = 0; made < count; made += 1) {
    await world.deliver()
    await env.DB.exec(`UPDATE deliveries SET attempt_count = 7 WHERE stage IN ('new', 'pending')`)
    world.clock += 1000
    await world.drain()
  }
}

async function entries(action: string): Promise<Json[]> {
  const { body } = await world.call('GET', '/v1/audit_log')
  return body.data.filter((entry: Json) => entry.action === action)
}

/** What the pages alert to, without tags. */
async function alertsOn(path: string): Promise<string> {
  const { text } = await visitor.get(path)
  const [, alerts = ''] = /<div id="alerts">(.*?<\/form><\/div>)?<\/div>/s.exec(text) ?? []
  return textOf(alerts.replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim()
}

const PAGES = ['', '/deliveries', '/replays', '/endpoints', '/settings', '/settings/audit-log']

describe('an endpoint that is disabled automatically', () => {
  it('is named to nobody whose key may not look at endpoints', async () => {
    await exhaust()
    const asked = { name: 'manages', scopes: ['manage'] }
    const { body } = await world.call('POST', '/v1/api_keys', asked)
    visitor = await Visitor.signedIn(world, body.key)
    for (const path of ['', '/settings', `/endpoints/${id}`]) {
      expect((await visitor.get(path)).text).not.toContain('Billing')
    }
  })

  it('is told on every page, with when and after how many', async () => {
    await exhaust()
    for (const path of [...PAGES, `/endpoints/${id}`]) {
      expect([path, await alertsOn(path)]).toEqual([
        path,
        expect.stringMatching(
          /^Billing was disabled automatically on 2026-11-23 12:00:03 UTC , after 3 exhausted/,
        ),
      ])
    }
  })

  it('is told no more when it is enabled, and again when it is disabled again', async () => {
    await exhaust()
    await visitor.post(`/endpoints/${id}/status`, { status: 'enabled' })
    expect(await alertsOn('')).toBe('')
    await exhaust()
    expect(await alertsOn('')).toContain('Billing was disabled automatically')
  })

  it('is told no more when the alert was dismissed, until it is disabled once more', async () => {
    await exhaust()
    const { disabled_at: at } = await world.endpoint(id)
    const fields = { disabled_at: String(Date.parse(at)) }
    const headers = { Referer: `${ORIGIN}/dashboard/deliveries?status=pending` }
    const answer = await visitor.send(`/endpoints/${id}/dismiss`, fields, headers)
    expect(answer.headers.get('Location')).toBe('/dashboard/deliveries?status=pending')
    expect(await alertsOn('')).toBe('')
    await visitor.post(`/endpoints/${id}/dismiss`, fields)
    expect(await entries('endpoint.dismiss_alert')).toHaveLength(1)
    await visitor.post(`/endpoints/${id}/status`, { status: 'enabled' })
    await exhaust()
    await visitor.post(`/endpoints/${id}/dismiss`, fields)
    expect(await alertsOn('')).toContain('Billing was disabled automatically')
  })

  it('leads back to its page from a form that another site could have sent', async () => {
    await exhaust()
    for (const referer of ['https://evil.example/dashboard', `${ORIGIN}/v1/events`, 'none']) {
      const answer = await visitor.send(`/endpoints/${id}/dismiss`, {}, { Referer: referer })
      expect(answer.headers.get('Location')).toBe(`/dashboard/endpoints/${id}`)
    }
  })

  it('is no alert when a person did it, nor to another organization (X1)', async () => {
    await exhaust()
    const { key } = await world.createOrg('Other')
    const stranger = await Visitor.signedIn(world, key)
    expect((await stranger.get('')).text).not.toContain('disabled automatically')
    expect((await stranger.send(`/endpoints/${id}/dismiss`)).status).toBe(404)
    await visitor.post(`/endpoints/${id}/status`, { status: 'enabled' })
    await visitor.post(`/endpoints/${id}/status`, { status: 'disabled' })
    expect(await alertsOn('')).toBe('')
  })

  it('says on its page when, after how many, and what came back last', async () => {
    await exhaust(2, 503)
    await exhaust(1, 500)
    const { text } = await visitor.get(`/endpoints/${id}`)
    const shown = textOf(text.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
    expect(shown).toContain('Disabled after 3 exhausted deliveries in a row')
    expect(shown).toContain('What came back last: HTTP 503 (2), HTTP 500 (1)')
  })

  it('stands in the audit log once, by the system, though its write is repeated (C2)', async () => {
    world.db = repeating(env.DB)
    await exhaust()
    world.db = env.DB
    expect(await entries('endpoint.disable')).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        at: '2026-11-23T12:00:03Z',
        actor: 'system',
        action: 'endpoint.disable',
        target_type: 'endpoint',
        target_id: id,
        ip: null,
        request_id: 'system',
        details: { reason: 'too_many_failures', consecutive_failures: LIMIT },
      },
    ])
    expect((await visitor.get('/settings')).text).toContain('The service itself')
  })

  it('costs a page one row for each alert, and none where there is none', async () => {
    for (let made = 0; made < 20; made += 1) await world.createEndpoint()
    const before = await costOf(world, () => visitor.get('/settings/audit-log'))
    await env.DB.prepare(
      `UPDATE endpoints SET status = 'disabled', disabled_reason = 'too_many_failures',
        disabled_at = 1 WHERE id = ?`,
    )
      .bind(id)
      .run()
    const after = await costOf(world, () => visitor.get('/settings/audit-log'))
    expect(after).toEqual({ ...before, read: before.read + 1 })
  })
})

/** A database whose every transaction is done twice, as when its answer was lost. */
function repeating(real: D1Database): D1Database {
  const batch: typeof real.batch = async <T>(statements: D1PreparedStatement[]) => {
    await real.batch<T>(statements)
    return real.batch<T>(statements)
  }
  return new Proxy(real, {
    get: (db, name) => (name === 'batch' ? batch : Reflect.get(db, name).bind(db)),
  })
}
