// What the operator stops, and lets go on: a host, or everything. An org's own stop is one of its settings.
import {
  EVERY_ORG,
  liftStop,
  listAllStops,
  MAX_STOPPED_HOSTS,
  putStop,
  type Stop,
} from '../db/account/stops.ts'
import type { Actor } from '../db/audit.ts'
import { AppError } from '../errors.ts'
import type { World } from '../world.ts'

/** Names the operator in an org; what is about none is in the log of ''. */
type NameActor = (orgId: string) => Actor

/**
 * Lets nothing be sent to a host from now on, or nothing at all: in each database, since whatever is sent asks in its
 * own. Repeated, it changes nothing but the reason.
 * @throws AppError `too_many_stops`; what a query throws: it is to be repeated then, for the other databases.
 */
export async function stopSending(
  { store, now }: Pick<World, 'now' | 'store'>,
  actorOf: NameActor,
  host: string,
  reason: string | null,
): Promise<Stop> {
  const stop = { orgId: EVERY_ORG, host, reason, stoppedAt: now() }
  const [first] = await Promise.all(
    store.all.map(({ db }, place) => putStop(db, stop, auditorAt(place, actorOf))),
  )
  if (first) return first
  const message = `${MAX_STOPPED_HOSTS} hosts are stopped, as many as may be: let one go on, or stop everything.`
  throw new AppError('too_many_stops', { message })
}

/** Takes such a stop away. What is not stopped is left as it is: a repetition is for what was out of reach. */
export async function resumeSending(
  { store, now }: Pick<World, 'now' | 'store'>,
  actorOf: NameActor,
  host: string,
): Promise<void> {
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

/** Logged once, with the catalog. */
function auditorAt(place: number, actorOf: NameActor): Actor | undefined {
  return place === 0 ? actorOf(EVERY_ORG) : undefined
}
