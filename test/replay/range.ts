// Ranges to be replayed, and replays of them, as they stand in the database.
import { env } from 'cloudflare:workers'
import { newId } from '../../src/db/ids.ts'
import type { RangeFilter } from '../../src/db/walk.ts'
import type { Received } from '../receiver.ts'
import { seed } from '../db/seed.ts'
import type { Json, World } from '../world.ts'

/** An endpoint each; they have hosts of their own. */
export async function createEndpoints(world: World, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) {
    const { body } = await world.createEndpoint({ url: `https://receiver${made}.example/` })
    ids.push(body.id)
  }
  return ids
}

/** Stores so many deliveries of long ago, exhausted unless told otherwise, to these endpoints in turn. */
export async function store(
  world: World,
  endpointIds: (string | null)[],
  count: number,
  { status = `'exhausted'`, from = 0 } = {},
): Promise<void> {
  // A list of texts, but that inline deliveries have none.
  const owners = endpointIds as string[]
  const callIds = [crypto.randomUUID()]
  const { orgId } = world
  await seed(env.DB, { orgId, endpointIds: owners, callIds, count, status, from })
  const urlNow = 'SELECT url FROM endpoints ep WHERE ep.id = deliveries.endpoint_id'
  await env.DB.exec(`UPDATE deliveries SET attempt_count = 8, url = coalesce((${urlNow}), url)`)
}

type Options = {
  filter?: RangeFilter
  rate?: number
  total?: number
  to?: 'original' | 'current'
  hasMissing?: boolean
}

/** Starts a replay of all that there is, unless told otherwise, and sends its first step. */
export async function start(world: World, options: Options = {}): Promise<string> {
  const { filter = {}, rate = 20, total, to = 'original', hasMissing = false } = options
  const id = newId(world.clock)
  const { orgId, clock } = world
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO replays (org_id, id, status, filter, has_missing, recipient, rate_per_second,
        created_by, total, total_is_exact, next_step_at, created_at, updated_at)
      VALUES (?, ?, 'running', ?, ?, ?, ?, 'key', ?, ?, ?, ?, ?)`,
    ).bind(
      orgId,
      id,
      JSON.stringify(filter),
      hasMissing ? 1 : 0,
      to,
      rate,
      total ?? 0,
      total === undefined ? 0 : 1,
      clock,
      clock,
      clock,
    ),
    env.DB.prepare(
      `INSERT INTO replay_parts (org_id, replay_id, endpoint_id)
      SELECT ?1, ?2, id FROM (SELECT id FROM endpoints WHERE org_id = ?1
        UNION ALL SELECT id FROM deleted_endpoints WHERE org_id = ?1 UNION ALL SELECT '')
      WHERE ?3 IS NULL OR id = ?3`,
    ).bind(orgId, id, filter.endpointId ?? null),
  ])
  send(world, id)
  return id
}

/** Puts a message for a step of a replay into the queue, to be received now. */
export function send(world: World, replayId: string, step = 1): void {
  const { orgId, clock } = world
  world.retry.push({ body: { orgId, replayId, step }, at: clock })
}

/** Changes a replay's row, as a person's request does: what is under way comes to nothing. */
export async function change(id: string, changes: string): Promise<void> {
  const sql = `UPDATE replays SET step = step + 1, ${changes} WHERE id = ?`
  await env.DB.prepare(sql).bind(id).run()
}

/** A replay's row, with what its parts add up to. */
export async function replay(id: string): Promise<Json> {
  const row = await env.DB.prepare('SELECT * FROM replays WHERE id = ?').bind(id).first<Json>()
  const parts = await partsOf(id)
  const sum = (name: string) => parts.reduce((total, part) => total + part[name], 0)
  const skipped: Record<string, number> = {}
  for (const part of parts) {
    for (const [cause, count] of Object.entries(JSON.parse(part.skipped))) {
      skipped[cause] = (skipped[cause] ?? 0) + Number(count)
    }
  }
  const counts = { replayed: sum('replayed'), delivered: sum('delivered'), failed: sum('failed') }
  return { ...row, ...counts, skipped }
}

/** Its parts' rows, by their endpoints' ids. */
export async function partsOf(id: string): Promise<Json[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM replay_parts WHERE replay_id = ? ORDER BY endpoint_id',
  )
    .bind(id)
    .all()
  return results
}

/** The deliveries' ids of what was received, in the order in which it came. */
export function idsOf(received: Received[]): string[] {
  return received.map(({ headers }) => headers.get('CallingBox-Event-Id') ?? '')
}

/** How many requests came in each second, from the first one on. */
export function eachSecond(received: Received[]): number[] {
  const first = received[0]?.at ?? 0
  const counts: number[] = []
  for (const { at } of received) {
    const second = Math.floor((at - first) / 1000)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return Array.from(counts, (count) => count ?? 0)
}

/** When the stored deliveries of each of so many endpoints came, in the order of their ids. */
export function timesInOrder(received: Received[], endpoints: number): number[][] {
  const named = received.map((one) => ({ id: idsOf([one])[0] ?? '', at: one.at }))
  const sorted = named.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const ofEach = Map.groupBy(sorted, ({ id }) => numberOf(id) % endpoints)
  return [...ofEach.values()].map((some) => some.map(({ at }) => at))
}

/** The id of a stored delivery, by its number from 0. */
export function idOf(number: number): string {
  return `01a00000-0000-7000-8000-${number.toString(16).padStart(8, '0')}0001`
}

/** The number of a stored delivery, from 0. */
function numberOf(id: string): number {
  return Number.parseInt(id.slice(24, 32), 16)
}

/** How often each delivery was received. */
export function timesEach({ receiver }: World): number[] {
  const ids = idsOf(receiver.received)
  return [...Map.groupBy(ids, (id) => id).values()].map(({ length }) => length)
}

/** What became of a replay: how many were received, how often at most, and what it counts. */
export async function resultOf(world: World, id: string): Promise<Json> {
  const times = timesEach(world)
  const { status, replayed, delivered } = await replay(id)
  return { status, received: times.length, atMost: Math.max(0, ...times), replayed, delivered }
}

/** What becomes of a replay that has sent each of so many once. */
export function onceEach(count: number): Json {
  return { status: 'completed', received: count, atMost: 1, replayed: count, delivered: count }
}
