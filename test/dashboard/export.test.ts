// The list of deliveries as a file: what the filters show, in two formats, bounded, and safe to open.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { meter } from '../db/counter.ts'
import { World, type Json } from '../world.ts'
import { listed, ORIGIN, Visitor } from './visitor.ts'

let world: World
let visitor: Visitor

beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
  await world.createEndpoint()
})

async function fileOf(format: string, filter = ''): Promise<string> {
  const response = await visitor.request(`/deliveries/export?format=${format}${filter}`)
  expect(response.status).toBe(200)
  return decode(await response.arrayBuffer())
}

function decode(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes)
}

async function linesOf(filter = ''): Promise<Json[]> {
  const text = await fileOf('ndjson', filter)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** So many deliveries more, which have been delivered. */
async function store(count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO deliveries (stage, org_id, id, event_type, url, next_attempt_at, created_at, updated_at)
     SELECT 'delivered', ?, printf('01900000-%04x-7000-8000-0000%04x0001', i >> 16, i & 65535),
       'call.busy', 'https://receiver.example/', 1, 1, 1 FROM n`,
  )
    .bind(count, world.orgId)
    .run()
}

describe('the export of deliveries', () => {
  it('has what the list shows, newest first, whatever the filter', async () => {
    const id = await world.deliver()
    await world.drain()
    world.clock += 1000
    await world.send({}, { type: 'call.busy' })
    for (const filter of ['', '&status=delivered', '&type=call.busy', '&status=exhausted']) {
      const { text } = await visitor.get(`/deliveries?${filter.slice(1)}`)
      expect((await linesOf(filter)).map((line) => line.id)).toEqual(listed(text))
    }
    const [line] = await linesOf('&status=delivered')
    expect(line).toMatchObject({ id, status: 'delivered', attempt_count: 1, test: false })
  })

  it('says when a failure was', async () => {
    world.receiver.respond(500)
    await world.deliver()
    await world.drain()
    const [line] = await linesOf()
    expect(line.last_error_at).toBe(line.created_at)
  })

  it('is linked beside the filters, which it takes along', async () => {
    const { text } = await visitor.get('/deliveries?status=pending&type=call.busy&after=x')
    const links = [...text.matchAll(/href="\/dashboard(\/deliveries\/export[^"]*)"/g)]
    expect(links.map(([, path = '']) => path.replaceAll('&amp;', '&'))).toEqual([
      '/deliveries/export?status=pending&type=call.busy&format=csv',
      '/deliveries/export?status=pending&type=call.busy&format=ndjson',
    ])
  })

  it('is a file with a name and a type of its own', async () => {
    const { headers } = await visitor.request('/deliveries/export?format=csv')
    expect(headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('Content-Disposition')).toBe(
      'attachment; filename="deliveries-2026-11-23.csv"',
    )
    expect(headers.get('Cache-Control')).toBe('no-store')
  })

  it('leads whoever has to sign in first to the list that it is of', async () => {
    const { headers } = await new Visitor(world).request(
      '/deliveries/export?status=pending&format=csv',
    )
    const next = new URL(headers.get('Location') ?? '', ORIGIN).searchParams.get('next')
    expect(next).toBe('/dashboard/deliveries?status=pending&format=csv')
  })

  it.each(['xls', '', 'CSV', 'constructor'])('is refused in the format %j', async (format) => {
    const { status } = await visitor.request(`/deliveries/export?format=${format}`)
    expect(status).toBe(400)
  })

  it.each([
    ['=1+1', `'=1+1`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@now', `'@now`],
    ['\tx', `'\tx`],
    ['\rx', `"'\rx"`],
    ['=a,"b"\nc', `"'=a,""b""\nc"`],
    ['a,b', `"a,b"`],
    ['a-b=c', 'a-b=c'],
  ])('writes the cell %j so that no spreadsheet runs it', async (error, cell) => {
    await world.deliver()
    await env.DB.prepare('UPDATE deliveries SET last_error = ?').bind(error).run()
    const text = await fileOf('csv')
    const [head = ''] = text.split('\r\n')
    expect(head.split(',').slice(0, 4)).toEqual(['id', 'created_at', 'status', 'event_type'])
    expect(text).toContain(`,${cell},`)
    expect((await linesOf())[0]).toMatchObject({ last_error: error, last_error_at: null })
  })

  it('ends after 10,000 rows, and says so in the file', async () => {
    await store(10_001)
    const lines = await linesOf()
    expect(lines).toHaveLength(10_001)
    expect(lines.at(-1)).toMatchObject({ cut: true, older_than: lines.at(-2).id })
    expect(new Set(lines.map(({ id }) => id)).size).toBe(10_001)
    const text = await fileOf('csv')
    expect(text.trimEnd().split('\r\n')).toHaveLength(1 + 10_000 + 1)
    expect(text).toContain('"Cut here, after 10000 deliveries: there may be more.')
  })

  it('says nothing of the kind where that is all there is', async () => {
    await store(10_000)
    expect(await linesOf()).toHaveLength(10_000)
  })

  it('reads no more than it may where nothing is found, and says how far it has looked', async () => {
    await store(30_000)
    const { db, cost } = meter(env.DB)
    world.db = db
    const lines = await linesOf('&type=call.failed')
    expect(lines).toMatchObject([{ cut: true }])
    expect(cost.trips).toBeLessThanOrEqual(46)
  })

  it('is read as it is taken, and no further', async () => {
    await store(5000)
    const { db, cost } = meter(env.DB)
    world.db = db
    const { body } = await visitor.request('/deliveries/export?format=ndjson')
    const reader = body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(cost.trips).toBeLessThanOrEqual(3)
  })

  it('breaks off when the database does, which the log tells', async () => {
    await store(5000)
    let isDown = false
    world.db = new Proxy(env.DB, {
      get(target, name) {
        if (isDown) throw new Error('down')
        // Whatever is asked of it comes from the real binding, bound to it.
        const member = Reflect.get(target, name) as unknown
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const { body } = await visitor.request('/deliveries/export?format=ndjson')
    const reader = body?.getReader()
    await reader?.read()
    isDown = true
    await expect(reader?.read()).rejects.toThrow('down')
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'export_failed' }))
  })

  it('has nothing of another org’s, and no secret (X1, X3)', async () => {
    const id = await world.deliver()
    const { key } = await world.createOrg('Other')
    const other = await Visitor.signedIn(world, key)
    const response = await other.request('/deliveries/export?format=ndjson')
    expect(decode(await response.arrayBuffer())).toBe('')
    const text = await fileOf('ndjson')
    expect(text).toContain(id)
    expect(text).not.toMatch(/whsec_|sk_live_/)
  })
})
