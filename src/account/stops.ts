// What the operator stops, and lets go on: a host, or everything. An org's own stop is one of its settings.
import {
  EVERY_ORG,
  EVERYTHING,
  liftStop,
  listAllStops,
  MAX_STOPPED_HOSTS,
  putStop,
  type Stop,
} from '../db/account/stops.ts'
import type { Actor } from '../db/audit.ts'
import { EVERY_HOST } from '../db/stopped.ts'
import { AppError, invalidRequest } from '../errors.ts'
import { findTargetProblem } from '../webhook/target.ts'
import type { World } from '../world.ts'

/** Names the operator in an org; what is about none is in the log of ''. */
type NameActor = (orgId: string) => Actor

/** What is said of a host that is none. */
export const HOST_HINT = `must be "${EVERYTHING}" or the full public name of a host, such as hooks.example.com, without scheme, port and path`

/**
 * Lets nothing be sent to a host from now on, or nothing at all: in each database, since whatever is sent asks in its
 * own. Repeated, it changes nothing but the reason.
 * @throws AppError `too_many_stops`; `invalid_request` for what no endpoint may be at; what a query throws: it is to be
 * repeated then, for the other databases.
 */
export async function stopSending(
  { config, store, now }: Pick<World, 'config' | 'now' | 'store'>,
  actorOf: NameActor,
  host: string,
  reason: string | null,
): Promise<Stop> {
  if (!isSentTo(config, host)) throw noHost()
  const stop = { orgId: EVERY_ORG, host, reason, stoppedAt: now() }
  const [first] = await Promise.all(
    store.all.map(({ db }, place) => putStop(db, stop, auditorAt(place, actorOf))),
  )
  if (first) return first
  const message = `${MAX_STOPPED_HOSTS} hosts are stopped, as many as may be: let one go on, or stop everything.`
  throw new AppError('too_many_stops', { message })
}

/**
 * Takes such a stop away. What is not stopped is left as it is: a repetition is for what was out of reach.
 * @throws AppError `invalid_request` for what no endpoint may be at, unless a stop of it is there since it might.
 */
export async function resumeSending(
  { config, store, now }: Pick<World, 'config' | 'now' | 'store'>,
  actorOf: NameActor,
  host: string,
): Promise<void> {
  const isThere = async () => (await listStops(store)).some((stop) => stop.host === host)
  if (!isSentTo(config, host) && !(await isThere())) throw noHost()
  const at = now()
  await Promise.all(
    store.all.map(({ db }, place) => liftStop(db, host, at, auditorAt(place, actorOf))),
  )
}

/** Every stop, each once. @throws when a database is out of reach: what is stopped there would not be told. */
export async function listStops({ all }: World['store']): Promise<Stop[]> {
  const lists = await Promise.all(all.map(({ db }) => listAllStops(db)))
  const stops = new Map(lists.flat().map((stop) => [`${stop.orgId} ${stop.host}`, stop]))
  return [...stops.values()]
}

/** Whether anything may be sent to the host: who stops `everythin` must not believe that all is stopped. */
function isSentTo({ allowHttpEndpoints: allowHttp }: World['config'], host: string): boolean {
  if (host === EVERY_HOST) return true
  return findTargetProblem(`https://${host}/`, { allowHttp, ownHosts: [] }) === undefined
}

function noHost(): AppError {
  return invalidRequest([{ path: 'host', message: HOST_HINT }])
}

/** Logged once, with the catalog. */
function auditorAt(place: number, actorOf: NameActor): Actor | undefined {
  return place === 0 ? actorOf(EVERY_ORG) : undefined
}
