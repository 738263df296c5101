// So many sends a second to a host that has not shown that it wants them, over all orgs: nobody can aim the service at it.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { listProven, noteProofs } from '../../db/host-proofs.ts'
import { hostOf } from '../../db/stopped.ts'
import { explainFault } from '../../errors.ts'
import { HOST_BLOCKS } from '../../limits.ts'
import type { Hosts, World } from '../../world.ts'
import type { Ended } from './pool.ts'

/** An isolate knows for so many ms that a host has proven itself. */
const PROVEN_MS = 3600 * 1000

/** So often, in ms, it notes of another one that it answers, or asks whether it has proven itself. */
const ASKED_EVERY_MS = 20_000

/** Hosts that an isolate knows of, at most. */
const MAX_KNOWN = 10_000

/** What of the world turns are taken in. */
type Turning = Pick<World, 'config' | 'isWithinLimit' | 'isolate' | 'log' | 'now' | 'store'>

/** What may be sent now, and what has no turn. */
export type Admitted = { admitted: DeliveryToSend[]; refused: DeliveryToSend[] }

/** What an isolate knows of hosts, at its start: nothing. */
export function createHosts(): Hosts {
  return { provenUntil: new Map(), turns: new Map(), askedAt: new Map(), notedAt: new Map() }
}

/**
 * Takes a turn for each of a set: of what goes to proven hosts all of it, of the others the first ones. It is counted by
 * the limiter, near enough; only where that refuses any is it asked whether the host has proven itself since.
 */
export async function takeTurns(world: Turning, set: DeliveryToSend[]): Promise<Admitted> {
  if (!areCounted(world)) return { admitted: set, refused: [] }
  const byHost = Map.groupBy(set, ({ url }) => unprovenHost(world, url))
  const given = new Map<string, number>()
  await Promise.all(
    [...byHost].map(async ([host, { length }]) => {
      if (host !== undefined) given.set(host, await countTurns(world, host, length))
    }),
  )
  const short = [...given].flatMap(([host, turns]) =>
    turns < (byHost.get(host)?.length ?? 0) ? host : [],
  )
  if (short.length > 0) await askFor(world, short)
  const refused = new Set(short.flatMap((host) => behind(world, byHost.get(host), given.get(host))))
  if (refused.size > 0)
    world.log({ event: 'host_limited', count: refused.size, hosts: short.join(' ') })
  return { admitted: set.filter((one) => !refused.has(one)), refused: [...refused] }
}

/** Notes, behind all else, which hosts have answered 2xx; of proven ones, and of those just noted, nothing. Never throws. */
export async function noteAnswers(world: Turning, ended: Ended[]): Promise<void> {
  if (!areCounted(world)) return
  const { notedAt } = world.isolate.hosts
  const answered = ended.flatMap(({ delivery: { url }, record }) =>
    record?.status === 'delivered' ? (unprovenHost(world, url) ?? []) : [],
  )
  const hosts = [...new Set(answered)].filter((host) => isDue(world, notedAt, host))
  if (hosts.length === 0) return
  const noting = { now: world.now(), provenAfterMs: world.config.hostProofMs }
  await learn(world, noteProofs(world.store.catalog, hosts, noting))
}

/** Without a limiter, and where local hosts are endpoints, nothing is. */
function areCounted({ config, isWithinLimit }: Turning): boolean {
  return isWithinLimit !== undefined && !config.allowHttpEndpoints
}

/** The host of a URL that has not proven itself, as far as the isolate knows; a URL that has none is refused by its attempt. */
function unprovenHost({ isolate, now }: Turning, url: string): string | undefined {
  const host = hostOf(url)
  if (host === undefined) return undefined
  return (isolate.hosts.provenUntil.get(host) ?? 0) > now() ? undefined : host
}

/** How many of the turns wanted there are. Each second of a host is counted by itself, in blocks. */
async function countTurns(world: Turning, host: string, wanted: number): Promise<number> {
  const { turns } = world.isolate.hosts
  const second = Math.floor(world.now() / 1000)
  const block = world.config.unprovenHostPerSecond / HOST_BLOCKS.quota
  const kept = turns.get(host)
  let left = kept?.second === second ? kept.left : 0
  while (left < wanted && (await world.isWithinLimit?.('unproven_host', `${host} ${second}`))) {
    left += block
  }
  const given = Math.min(left, wanted)
  keep(turns, host, { second, left: left - given })
  return given
}

async function askFor(world: Turning, hosts: string[]): Promise<void> {
  const due = hosts.filter((host) => isDue(world, world.isolate.hosts.askedAt, host))
  if (due.length > 0) await learn(world, listProven(world.store.catalog, due))
}

/** A catalog out of reach proves nothing: what goes there waits a little longer. */
async function learn(world: Turning, proven: Promise<string[]>): Promise<void> {
  const { provenUntil } = world.isolate.hosts
  try {
    for (const host of await proven) keep(provenUntil, host, world.now() + PROVEN_MS)
  } catch (error) {
    world.log({ event: 'host_proofs_failed', error: explainFault(error) })
  }
}

function isDue({ now }: Turning, times: Map<string, number>, host: string): boolean {
  if ((times.get(host) ?? -Infinity) > now() - ASKED_EVERY_MS) return false
  keep(times, host, now())
  return true
}

/** What is behind those that had a turn; nothing where the host has proven itself meanwhile. */
function behind(world: Turning, all: DeliveryToSend[] = [], given = 0): DeliveryToSend[] {
  return all.slice(given).filter(({ url }) => unprovenHost(world, url) !== undefined)
}

function keep<Value>(known: Map<string, Value>, host: string, value: Value): void {
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(host, value)
}
