// The walk through a filter, on real D1: what it finds, in which order, how far it came, and what it reads.
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/db/client.ts'
import { lowestIdAt } from '../../src/db/ids.ts'
import { readWalked, selectWalked, walk, type RangeFilter, type Walk } from '../../src/db/walk.ts'
import { World } from '../world.ts'
import { meter, type Cost } from './counter.ts'

const patience = { random: () => 0.5, sleep: async () => {} }

/** The instant of the first event, in Unix ms; each event is one ms after the one before it. */
const FIRST_AT = Date.parse('2026-09-01T00:00:00Z')

let world: World
let one: string
let other: string
beforeEach(async () => {
  world = await World.create()
  one = (await world.createEndpoint()).body.id
  other = (await world.createEndpoint()).body.id
})

/** The id of event `i`, and of its deliveries, numbered from 1. */
const idOf = (i: number, place = 0) =>
  `${lowestIdAt(FIRST_AT + i).slice(0, -4)}${place.toString(16).padStart(4, '0')}`

type Stored = {
  i: number
  place?: number
  stage?: string
  endpointId?: string | null
  type?: string
  callId?: string
  changedAt?: number
  orgId?: string
}

/** SQL: a member of an entry of the list that is stored. */
const member = (name: string) => `e.value->>'${name}'`

/** Stores deliveries, with their events, in the order in which they are given. */
async function store(all: Stored[]): Promise<void> {
  const rows = all.map(({ i, place = 1, ...rest }) => ({
    stage: 'exhausted',
    endpointId: one,
    type: 'call.busy',
    callId: 'c',
    changedAt: FIRST_AT,
    orgId: world.orgId,
    eventId: idOf(i),
    id: place === 0 ? null : idOf(i, place),
    ...rest,
  }))
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO events (org_id, listed_under, id, type, call_id, created, api_version, skipped,
        accepted_at, call)
      SELECT ${member('orgId')}, ${member('callId')}, ${member('eventId')}, ${member('type')},
        ${member('callId')}, 1, '2026-04', '{}', 1, '{}' FROM json_each(?) e WHERE true
      ON CONFLICT DO NOTHING`,
    ).bind(JSON.stringify(rows)),
    env.DB.prepare(
      `INSERT INTO deliveries (stage, org_id, id, endpoint_id, call_id, event_type, url,
        next_attempt_at, created_at, updated_at)
      SELECT ${member('stage')}, ${member('orgId')}, ${member('id')}, ${member('endpointId')},
        ${member('callId')}, ${member('type')}, 'https://receiver.example/', 1, 1,
        ${member('changedAt')} FROM json_each(?) e WHERE ${member('id')} IS NOT NULL`,
    ).bind(JSON.stringify(rows)),
  ])
}

type Found = { ids: string[]; furthest: string | null; isOver: boolean; cost: Cost }

async function walkThrough(
  filter: RangeFilter = {},
  about: Partial<Omit<Walk, 'filter'>> = {},
): Promise<Found> {
  const all = { orgId: world.orgId, filter, after: '', most: 100, ...about }
  const { db, cost } = meter(env.DB)
  const [rows] = await database(db).batch([selectWalked(database(db), all)])
  const { matches, ...rest } = readWalked(rows, all)
  return { ids: matches.map(({ id }) => id), ...rest, cost }
}

function database(d1: D1Database): Database {
  return createDatabase(d1, patience)
}

/** All that walks of `most` rows find, one from where the last one came to. */
async function walkOn(filter: RangeFilter, most: number): Promise<string[]> {
  const ids: string[] = []
  let after = ''
  for (let walks = 0; walks < 1000; walks += 1) {
    const found = await walkThrough(filter, { after, most })
    ids.push(...found.ids)
    if (found.isOver) return ids
    after = found.furthest ?? ''
  }
  throw new Error('it does not come to an end')
}

const STAGES = ['pending', 'delivered', 'exhausted', 'new']

/** Of four events, three deliveries each, over stages as they come. */
const MIXED: Stored[] = Array.from({ length: 12 }, (_, n) => ({
  i: Math.floor(n / 3),
  place: 1 + (n % 3),
  stage: STAGES[(n * 7) % 4] ?? '',
  endpointId: null,
}))

const FILTERS: Record<string, () => RangeFilter> = {
  everything: () => ({}),
  'an endpoint': () => ({ endpointId: one }),
  'inline deliveries': () => ({ endpointId: '' }),
  'two statuses': () => ({ statuses: ['exhausted', 'delivered'] }),
  'what is pending of an endpoint': () => ({ statuses: ['pending'], endpointId: other }),
  'an event type': () => ({ eventTypes: ['call.failed', 'call.queued'] }),
  'a call': () => ({ callId: 'C2' }),
  'a call, a status and an endpoint': () => ({
    callId: 'c2',
    statuses: ['exhausted', 'pending'],
    endpointId: one,
  }),
  'a range of time': () => ({ createdFrom: FIRST_AT + 5, createdBefore: FIRST_AT + 20 }),
}

/** Deliveries of 30 events, up to three each, stored in no order; what a filter means is asked of these. */
function scattered(): Required<Pick<Stored, 'i' | 'place' | 'stage' | 'type' | 'callId'>>[] {
  const all = Array.from({ length: 90 }, (_, n) => ({
    i: Math.floor(n / 3),
    place: n % 3,
    stage: STAGES[(n * 13 + (n % 5)) % 4] ?? '',
    type: ['call.busy', 'call.failed', 'call.queued'][Math.floor(n / 3) % 3] ?? '',
    callId: `c${Math.floor(n / 3) % 3}`,
  }))
  return all.toSorted((a, b) => ((a.i * 17 + a.place) % 31) - ((b.i * 17 + b.place) % 31))
}

function isMeant(filter: RangeFilter, row: Stored & { endpointId: string | null }): boolean {
  const status = row.stage === 'new' ? 'pending' : row.stage
  const { endpointId, statuses, eventTypes, callId, createdFrom = 0, createdBefore } = filter
  return [
    row.place !== 0,
    endpointId === undefined || (endpointId || null) === row.endpointId,
    statuses === undefined || statuses.some((wanted) => wanted === status),
    eventTypes === undefined || eventTypes.includes(row.type ?? ''),
    callId === undefined || callId.toLowerCase() === row.callId,
    FIRST_AT + row.i >= createdFrom,
    createdBefore === undefined || FIRST_AT + row.i < createdBefore,
  ].every(Boolean)
}

describe('a walk', () => {
  it.each(Object.entries(FILTERS))(
    'through %s finds each match once, in the order of the ids, however short it is',
    async (_name, filterOf) => {
      const owners = [one, other, null]
      const rows = scattered().map((row, n) =>
        Object.assign(row, { endpointId: owners[n % 3] ?? null }),
      )
      await store(rows)
      const filter = filterOf()
      const meant = rows.filter((row) => isMeant(filter, row)).map((row) => idOf(row.i, row.place))
      expect(meant.length).toBeGreaterThan(0)
      for (const most of [1, 2, 3, 7, 100]) {
        expect(await walkOn(filter, most)).toEqual(meant.toSorted())
      }
    },
  )

  it('goes by the id alone: ties of one instant and one event lie in every stage', async () => {
    await store(MIXED.toReversed())
    const { ids, isOver } = await walkThrough()
    expect(ids).toEqual(MIXED.map(({ i, place }) => idOf(i, place)))
    expect(isOver).toBe(true)
  })

  it('says how far it came, also where nothing matches', async () => {
    await store(Array.from({ length: 10 }, (_, i) => ({ i, type: 'call.busy' })))
    const found = await walkThrough({ eventTypes: ['call.failed'] }, { most: 4 })
    expect(found).toMatchObject({ ids: [], furthest: idOf(3, 1), isOver: false })
    const rest = await walkThrough({ eventTypes: ['call.failed'] }, { after: idOf(9, 1) })
    expect(rest).toMatchObject({ ids: [], furthest: null, isOver: true })
  })

  it('passes by what was changed at its instant or later, or created then', async () => {
    await store([
      { i: 0, changedAt: FIRST_AT + 4 },
      { i: 1, changedAt: FIRST_AT + 5 },
      { i: 4, changedAt: FIRST_AT + 4 },
      { i: 5, changedAt: FIRST_AT + 1 },
    ])
    const { ids } = await walkThrough({}, { asOf: FIRST_AT + 5 })
    expect(ids).toEqual([idOf(0, 1), idOf(4, 1)])
  })

  it('finds nothing of another org, under its endpoint and under its call (X2)', async () => {
    const { orgId } = await world.createOrg('Other')
    const theirs = crypto.randomUUID()
    await env.DB.prepare(`UPDATE endpoints SET org_id = ?, id = ? WHERE id = ?`)
      .bind(orgId, theirs, other)
      .run()
    await store(Array.from({ length: 20 }, (_, i) => ({ i, orgId, endpointId: theirs })))
    for (const filter of [{}, { endpointId: theirs }, { callId: 'c' }]) {
      const { ids, isOver, cost } = await walkThrough(filter)
      expect([ids, isOver]).toEqual([[], true])
      expect(cost.read).toBeLessThanOrEqual(4)
    }
  })

  it('goes on through the deliveries of an endpoint that was deleted', async () => {
    await store([{ i: 0, endpointId: other }])
    await world.call('DELETE', `/v1/webhook_endpoints/${other}`)
    expect((await walkThrough({ endpointId: other })).ids).toEqual([idOf(0, 1)])
  })
})

describe('what a walk reads', () => {
  const MOST = 50

  /** Each of a call's events is looked for in four stages. */
  const EACH_OF_CALL = 12

  /** A row ahead in each merged stage, and the endpoint's own. */
  const BESIDE = 8

  const SPARSE: Record<string, () => { filter: RangeFilter; rowsEach: number }> = {
    everything: () => ({ filter: {}, rowsEach: 1 }),
    'one status': () => ({ filter: { statuses: ['exhausted'] }, rowsEach: 1 }),
    'inline deliveries, of which there are none': () => ({
      filter: { endpointId: '' },
      rowsEach: 1,
    }),
    'a type that never happened': () => ({ filter: { eventTypes: ['call.failed'] }, rowsEach: 1 }),
    'an endpoint': () => ({ filter: { endpointId: one }, rowsEach: 2 }),
    'an endpoint, and a type that never happened': () => ({
      filter: { endpointId: one, eventTypes: ['call.failed'] },
      rowsEach: 2,
    }),
    'a call': () => ({ filter: { callId: 'c' }, rowsEach: EACH_OF_CALL }),
    'a call, and a status that it has not': () => ({
      filter: { callId: 'c', statuses: ['pending'] },
      rowsEach: EACH_OF_CALL,
    }),
  }

  it.each(Object.entries(SPARSE))(
    'is bounded, of %s, by the rows that it may read',
    async (_name, about) => {
      const STATUSES = ['delivered', 'exhausted']
      await store(
        Array.from({ length: 2000 }, (_, i) => ({
          i,
          stage: STATUSES[i % 2] ?? '',
          endpointId: i % 3 === 0 ? other : one,
        })),
      )
      const { filter, rowsEach } = about()
      for (const after of ['', idOf(1000, 1)]) {
        const { cost, isOver } = await walkThrough(filter, { after, most: MOST })
        expect(isOver).toBe(false)
        expect(cost.read).toBeLessThanOrEqual(rowsEach * MOST + BESIDE)
        expect(cost.written).toBe(0)
      }
    },
  )

  it('is an entry of its index for each of an endpoint, where nothing else is to be told', async () => {
    await store(Array.from({ length: 100 }, (_, i) => ({ i })))
    const { db, cost } = meter(env.DB)
    const about = { orgId: world.orgId, filter: { endpointId: one }, after: '', most: MOST }
    const rows = await database(db).all(sql`SELECT count(*) FROM ${walk(about, [])} WHERE is_match`)
    expect(rows).toEqual([{ 'count(*)': MOST }])
    expect(cost.read).toBeLessThanOrEqual(MOST + BESIDE)
  })

  it('is in order by the key or the endpoint’s index: nothing is sorted, and no stage is scanned', async () => {
    for (const filter of [{}, { endpointId: one }, { endpointId: '' }, { callId: 'c' }]) {
      const about = { orgId: world.orgId, filter, after: idOf(3), most: MOST, asOf: world.clock }
      const plan = await database(env.DB).all<{ detail: string }>(
        sql`EXPLAIN QUERY PLAN SELECT * FROM ${walk(about)}`,
      )
      const steps = plan.map(({ detail }) => detail).filter((step) => /\b(?:d|ev)\b/.test(step))
      expect(steps.length).toBeGreaterThan(0)
      for (const step of steps) {
        expect(step).toMatch(
          /^SEARCH (?:d|ev) USING (?:PRIMARY KEY \(\w+=\? AND \w+=\? AND id>\? AND id<\?\)|PRIMARY KEY \(\w+=\? AND \w+=\? AND id>\?\)|INDEX deliveries_by_endpoint \(endpoint_id=\? AND stage=\? AND id>\? AND id<\?\))/,
        )
      }
    }
  })
})
