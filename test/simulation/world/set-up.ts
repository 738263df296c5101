// What there is before anything can go wrong: the org, its endpoints and their secrets.
import { OPERATIONAL_TYPES } from '../../../src/webhook/event-types.ts'
import { filterOf } from '../model/filters.ts'
import { LISTEN_URL } from '../model/rules.ts'
import type { SqlStatement } from '../outside/backend.ts'
import { urlOf } from '../outside/receiver.ts'
import { plaintextIn } from '../outside/vault.ts'
import { isErased, type Schedule } from '../schedules/schedule.ts'
import { BYSTANDER } from './bystander.ts'
import { newCall } from './clients.ts'
import { write } from './d1.ts'
import type { Actor } from './history.ts'
import { ORG, type World } from './world.ts'

/** The header that some endpoints have of their own; its value is this, and the endpoint's id. */
export const OWN_HEADER = 'X-Own'
export const OWN_SECRET = 'secret-of-'

/** Writes it at once, and counts the secrets as shown. */
export async function setUp(world: World): Promise<void> {
  const { clock, history, schedule } = world
  const actor = world.actor('setup', 'api')
  const org = insert('orgs', { id: ORG, name: 'Acme', created_at: clock.now })
  const statements = [org, await insertSecret(world, actor, ORG)]
  for (let place = 1; place <= schedule.endpoints; place += 1) {
    const id = idOf('e', place)
    const url = place <= schedule.listened ? LISTEN_URL : urlOf(place)
    const isLast = place > schedule.endpoints - schedule.headers
    const headers = isLast && url !== LISTEN_URL ? await sealOwn(world, actor, id) : {}
    const filter = place <= schedule.filters ? { filter: filterOf(0) } : {}
    const limit = place === 1 && schedule.limit > 0 ? { max_per_second: schedule.limit } : {}
    const order = place === 1 && schedule.order > 0 ? { ordering_max_wait: schedule.order } : {}
    const own = { ...headers, ...filter, ...limit, ...order }
    const endpoint = insertEndpoint({ id, url, ...own }, clock.now)
    statements.push(endpoint, await insertSecret(world, actor, id))
  }
  if (schedule.told > 0) {
    const told = toldEndpoint(schedule)
    const types = { enabled_events: JSON.stringify(OPERATIONAL_TYPES) }
    statements.push(insertEndpoint({ ...told, ...types }, clock.now))
    statements.push(await insertSecret(world, actor, told.id))
  }
  if (isErased(schedule)) statements.push(...BYSTANDER.map(({ table, row }) => insert(table, row)))
  await write(world, actor, () => world.backend.transaction(statements))
  for (const { kind, row } of history.changes) {
    if (kind !== 'signing_secrets' || row['org_id'] !== ORG) continue
    const input = { target: String(row['owner_id']), size: 0, rate: 0, place: 0, webhookUrl: null }
    const about = { action: 'create', intention: 'setup', key: undefined } as const
    const value = { plaintext: plaintextIn(row['sealed']) }
    newCall(world, { ...about, actor, input }).answer = { tx: history.tx, at: clock.now, value }
  }
}

/** The endpoint that is told what happens to the service, where one is. */
export function toldEndpoint({ endpoints }: Pick<Schedule, 'endpoints'>) {
  const place = endpoints + 1
  return { id: idOf('e', place), url: urlOf(place) }
}

/** Whether a delivery tells that, as its number says. */
export function isTold(deliveryId: string): boolean {
  return ['4', 'c'].includes(deliveryId.charAt(32))
}

function insertEndpoint(endpoint: { id: string; url: string }, now: number): SqlStatement {
  return insert('endpoints', {
    org_id: ORG,
    listener: endpoint.url === LISTEN_URL ? endpoint.id : null,
    enabled_events: '["*"]',
    ...endpoint,
    status: 'enabled',
    created_at: now,
    updated_at: now,
  })
}

/** Headers of an endpoint's own, which name it. */
async function sealOwn(world: World, actor: Actor, id: string) {
  const context = { orgId: ORG, ownerId: id, secretId: id }
  const lines = JSON.stringify([[OWN_HEADER, OWN_SECRET + id]])
  const headers_sealed = await world.engine(actor).vault.seal(lines, context)
  return { headers_sealed, headers_shown: JSON.stringify([`${OWN_HEADER}: …${id.slice(-4)}`]) }
}

async function insertSecret(world: World, actor: Actor, ownerId: string): Promise<SqlStatement> {
  const id = idOf('5', Number(`0x${ownerId.slice(-2)}`))
  const plaintext = `whsec_${id.replaceAll('-', '').repeat(2)}`
  const context = { orgId: ORG, ownerId, secretId: id }
  const sealed = await world.engine(actor).vault.seal(plaintext, context)
  const created_at = world.clock.now
  return insert('signing_secrets', { org_id: ORG, owner_id: ownerId, id, sealed, created_at })
}

/** Smaller than any id that a run makes. */
function idOf(kind: string, place: number): string {
  return `00000000-0000-7000-8000-000000000${kind}${place.toString(16).padStart(2, '0')}`
}

function insert(table: string, row: Record<string, unknown>): SqlStatement {
  const names = Object.keys(row)
  const places = names.map(() => '?').join(', ')
  return {
    sql: `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`,
    values: Object.values(row),
  }
}
