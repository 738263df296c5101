// A customer's week: who does what when, all of it by the real service.
import { z } from 'zod'
import { createOrg } from '../../db/account/orgs.ts'
import { lowestIdAt } from '../../db/ids.ts'
import { makeSecret } from '../../account/secrets.ts'
import { redeliver } from '../../delivery/redeliver.ts'
import { makeEvents } from './calls.ts'
import { CALLBACK_URL, ENDPOINTS, MISTYPED } from './receivers.ts'
import type { Service } from './service.ts'

const HOUR_MS = 3_600_000

/** How long it is, in ms. */
export const WEEK_MS = 7 * 24 * HOUR_MS

const FOUNDED_AT = Date.parse('2026-01-05T09:00:00Z')

/** The org whose week it is: always the same, so that a new week replaces the one before. */
export const ORG = { id: lowestIdAt(FOUNDED_AT), name: 'Harbor Clinics', createdAt: FOUNDED_AT }

const WithId = z.object({ id: z.string() })
const IssuedKey = WithId.extend({ key: z.string(), public_id: z.string() })
const Listed = z.object({ data: z.array(WithId.extend({ url: z.string() })) })

/** Who acts: the org's key, the operator's token, and the ids of the endpoints. */
type Cast = {
  service: Service
  key: string
  publicId: string
  adminToken: string
  ids: Record<string, string>
}

/** Up to when (Unix ms), what opens /admin, chance, and who is told how far it is (Unix ms). */
export type Life = {
  end: number
  adminToken: string
  random: () => number
  onPass?: ((at: number) => void) | undefined
}

/** Something that somebody does so many hours from the week's end. */
type Act = { hours: number; run: (cast: Cast) => Promise<unknown> }

/** Lets the service live through its week, up to `end`; answers the key of the org. */
export async function liveThroughWeek(
  service: Service,
  { end, adminToken, random, onPass }: Life,
): Promise<string> {
  const cast = await setUp(service, adminToken)
  const events = makeEvents(service.now, end, random).map(({ at, event }) => ({
    at,
    run: () => service.call('POST', '/v1/events', cast.key, event),
  }))
  const acts = ACTS.map(({ hours, run }) => ({ at: end + hours * HOUR_MS, run: () => run(cast) }))
  for (const { at, run } of [...events, ...acts].toSorted((a, b) => a.at - b.at)) {
    await service.pass(at)
    await run()
    onPass?.(at)
  }
  await service.pass(end)
  return cast.key
}

async function setUp(service: Service, adminToken: string): Promise<Cast> {
  const world = service.world()
  const { secret } = await makeSecret(world, ORG.id, ORG.id)
  const operator = { orgId: ORG.id, name: 'admin', ip: null, requestId: crypto.randomUUID() }
  await createOrg(world.store.of(ORG.id), operator, ORG, secret, undefined)
  const keys = `/admin/orgs/${ORG.id}/api_keys`
  const makeKey = async (name: string, mode: string) =>
    IssuedKey.parse(await service.call('POST', keys, adminToken, { name, mode }))
  const { key, public_id: publicId } = await makeKey('Production', 'live')
  await makeKey('Continuous integration', 'test')
  const { id } = await makeKey('Old laptop', 'live')
  await service.call('POST', `${keys}/${id}/revoke`, adminToken)
  const ids: Record<string, string> = {}
  for (const [name, wanted] of Object.entries(ENDPOINTS)) {
    await service.pass(service.now + 20_000)
    ids[name] = WithId.parse(await service.call('POST', '/v1/webhook_endpoints', key, wanted)).id
  }
  return { service, key, publicId, adminToken, ids }
}

const ACTS: Act[] = [
  { hours: -150, run: change('well', { description: 'Appointment desk, all clinics' }) },
  // The callbacks' fault was found: what had been exhausted is sent again.
  { hours: -96, run: redeliverSome('status=exhausted&limit=200', 4, CALLBACK_URL) },
  { hours: -75.3, run: redeliverSome('status=pending&limit=200', 9, ENDPOINTS.well.url) },
  {
    hours: -60,
    run: ({ service, key, ids }) => service.call('DELETE', pathOf(ids['deleted']), key),
  },
  { hours: -52, run: redeliverSome('status=delivered&limit=50', 3, ENDPOINTS.mostlyWell.url) },
  {
    hours: -28,
    run: ({ service, adminToken }) =>
      service.call('GET', `/admin/orgs/${ORG.id}/default_secret`, adminToken),
  },
  { hours: -10, run: change('recovering', { status: 'disabled' }) },
  {
    hours: -6,
    run: ({ service, key }) => service.call('POST', '/v1/webhook_endpoints', key, MISTYPED),
  },
  {
    hours: -4,
    run: replay('failing', ['pending', 'exhausted'], 'Billing says that it is mended'),
  },
  { hours: -3, run: rotate('well') },
  { hours: -1.5, run: redeliverSome('limit=200', 2, ENDPOINTS.failing.url) },
  { hours: -1, run: replay('well', ['delivered'], 'The desk lost two days with its disk') },
  // Just now: it has begun to work off what was held.
  { hours: -0.007, run: change('recovering', { status: 'enabled' }) },
]

function pathOf(endpointId = ''): string {
  return `/v1/webhook_endpoints/${endpointId}`
}

function change(name: keyof typeof ENDPOINTS, changes: object): Act['run'] {
  return ({ service, key, ids }) => service.call('PATCH', pathOf(ids[name]), key, changes)
}

/** Sends again to an endpoint what was made for it in the last two days and has such a status. */
function replay(name: keyof typeof ENDPOINTS, status: string[], reason: string): Act['run'] {
  return ({ service, key, ids }) => {
    const since = new Date(service.now - 48 * HOUR_MS).toISOString()
    const filter = { status, endpoint_id: ids[name], created_after: since }
    const asked = { filter, reason, rate_per_second: 20 }
    return service.call('POST', '/v1/webhook_replays', key, asked)
  }
}

function rotate(name: keyof typeof ENDPOINTS): Act['run'] {
  return ({ service, key, ids }) =>
    service.call('POST', `${pathOf(ids[name])}/rotate_secret`, key, { overlap_seconds: 86_400 })
}

/** Sends again the newest `count` of a list that went to a URL: by the API and on the dashboard, in turn. */
function redeliverSome(query: string, count: number, url: string): Act['run'] {
  return async ({ service, key, publicId }) => {
    const answer = await service.call('GET', `/v1/webhook_deliveries?${query}`, key)
    const chosen = Listed.parse(answer).data.filter((one) => one.url === url)
    for (const [place, { id }] of chosen.slice(0, count).entries()) {
      await service.pass(service.now + 4000)
      const actor = { orgId: ORG.id, name: `dashboard:${publicId}`, ip: '203.0.113.24' }
      await (place % 2 === 0
        ? service.call('POST', `/v1/webhook_deliveries/${id}/redeliver`, key)
        : redeliver(service.world(), { ...actor, requestId: crypto.randomUUID() }, id))
      await service.settle()
    }
  }
}
