// The dashboard's routes, read from the dashboard: nobody without a session, nothing of another org's.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDashboard } from '../../../src/dashboard/app.tsx'
import { Visitor } from '../../dashboard/visitor.ts'
import { idOfSide } from '../../../src/db/sides.ts'
import { World } from '../../world.ts'
import { findOrgFault, watchDatabase } from './org-guard.ts'

const MISSING = '019a2f6e-7c1b-7d4e-9a53-2b8f6c0d0001'

/** Routes for people without a session. */
const OPEN = /^\/(?:assets\/.*|sign-in|sign-out|portal\/:token)$/

/** A session is found by the digest of its token, before its org is known. */
const SESSION = [
  /from "sessions" left join "portal_links" .* inner join "api_keys" .* where \("sessions"\."digest" = \? and/,
  /^select .* from "api_keys" where "api_keys"\."public_id" = \?$/,
  /^update "api_keys" set "last_used_at" = \? where "api_keys"\."public_id" = \?$/,
]

const routes = createDashboard(async () => (await World.create()).engine())
  .routes.filter(({ method }) => method !== 'ALL')
  .map(({ method, path }) => ({ method, path: path.replace('/dashboard', '') }))
  .filter(({ path }) => !OPEN.test(path))

const withId = routes.filter(({ path }) => path.includes(':id'))

type Route = (typeof routes)[number]
type Ids = { endpoint: string; delivery: string; apiKey: string }

let world: World
let own: Ids
let other: Ids
beforeEach(async () => {
  world = await World.create()
  own = await furnish(world.orgId, world.key)
  const second = await world.createOrg('Other')
  other = await furnish(second.orgId, second.key)
})

async function furnish(orgId: string, key: string): Promise<Ids> {
  const { body: endpoint } = await world.createEndpoint({}, { key })
  const { body: event } = await world.send({}, {}, { key })
  const admin = { key: env.ADMIN_TOKEN }
  const { body } = await world.call('GET', `/admin/orgs/${orgId}/api_keys`, undefined, admin)
  return { endpoint: endpoint.id, delivery: event.deliveries[0].id, apiKey: body.data[0].id }
}

function fill(path: string, ids: Ids): string {
  if (path.startsWith('/endpoints')) return path.replace(':id', ids.endpoint)
  if (path.startsWith('/deliveries')) return path.replace(':id', ids.delivery)
  return path.replace(':id', ids.apiKey)
}

async function visit(visitor: Visitor, { method }: Route, path: string): Promise<Response> {
  if (method !== 'GET') return visitor.send(path, FIELDS)
  // What asks before an act is filled in by its address; any other page refuses what it does not know.
  const filled = await visitor.request(`${path}?${new URLSearchParams(FIELDS).toString()}`)
  return filled.status === 400 ? visitor.request(path) : filled
}

/** What any of the forms takes. */
const FIELDS = {
  url: 'https://new.example/',
  description: '',
  events: '*',
  name: 'new',
  mode: 'live',
  status: 'disabled',
  overlap: '0',
}

async function allRows(): Promise<string> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*'`,
  ).all<{ name: string }>()
  const tables = results.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`))
  return JSON.stringify((await env.DB.batch(tables)).map((table) => table.results))
}

describe.each(routes)('$method /dashboard$path', (route) => {
  it('is for people with a session only, and changes nothing for others', async () => {
    const before = await allRows()
    const stranger = new Visitor(world)
    for (const cookie of ['', 'session=junk', `__Host-callingbox_session=${world.key}`]) {
      stranger.cookie = cookie
      const path = fill(route.path, own)
      const response = await visit(stranger, route, path)
      expect([303, 401, 403]).toContain(response.status)
      // Whoever is asked to sign in is led back to what they have asked for.
      const text = (await response.text()).replaceAll(`/dashboard${path}`, '')
      expect(text).not.toContain(own.endpoint)
    }
    expect(await allRows()).toBe(before)
  })

  it('binds the org in every statement but the session’s (X2)', async () => {
    const visitor = await Visitor.signedIn(world)
    const loose: string[] = []
    const both = new Set<unknown>([world.orgId, idOfSide(world.orgId, 'test')])
    world.db = watchDatabase(env.DB, (sql, values) => {
      const fault = findOrgFault(sql, values, (value) => both.has(value))
      const line = sql.replaceAll(/\s+/g, ' ').trim()
      if (fault && !SESSION.some((pattern) => pattern.test(line))) loose.push(line)
    })
    const response = await visit(visitor, route, fill(route.path, own))
    expect(response.status).toBeLessThan(500)
    expect(loose).toEqual([])
  })
})

describe.each(withId)('$method /dashboard$path', (route) => {
  it('answers another org’s id like a missing one, and nothing changes (X1)', async () => {
    const visitor = await Visitor.signedIn(world)
    const before = await allRows()
    const theirs = await visit(visitor, route, fill(route.path, other))
    const missing = await visit(visitor, route, route.path.replace(':id', MISSING))
    expect(theirs.status).toBe(404)
    expect(missing.status).toBe(404)
    expect(await theirs.text()).toBe(await missing.text())
    expect(await allRows()).toBe(before)
  })
})

describe.each(withId.filter(({ method }) => method === 'GET'))(
  'GET /dashboard$path',
  ({ path }) => {
    it('looks for what the address names before it judges the query (X1)', async () => {
      const visitor = await Visitor.signedIn(world)
      const theirs = await visitor.request(fill(path, other))
      const missing = await visitor.request(path.replace(':id', MISSING))
      expect(theirs.status).toBe(404)
      expect(await theirs.text()).toBe(await missing.text())
    })
  },
)
