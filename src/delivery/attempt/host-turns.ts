// So many sends a second to a host that has not shown that it wants them, over all orgs: nobody can aim the service at it.
import { BoundedMap } from '../../bounded-map.ts'
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import { listProven, noteProofs } from '../../db/host-proofs.ts'
import { hostOf } from '../../db/stopped.ts'
import { explainFault } from '../../errors.ts'
import { HOST_BLOCKS } from '../../limits.ts'
import type { Hosts, KnownHost, World } from '../../world.ts'
import type { Ended } from './pool.ts'

/** An isolate notes of a host once in so many ms that it answers: while that proves it, and when it has. */
const NOTED_EVERY_MS = { unproven: 20_000, proven: 3600 * 1000 }

/** So long, in ms, it knows that one has proven nothing. */
const ASKED_EVERY_MS = 20_000

/** The log tells of limited hosts once in so many ms, and names so many of them, and of the orgs that send there. */
const TOLD_EVERY_MS = 1000
const NAMED = 10

/** What of the world turns are taken in. */
type Turning = Pick<World, 'config' | 'isWithinLimit' | 'isolate' | 'log' | 'now' | 'store'>

/** What may be sent now, and what has no turn. */
export type Admitted = { admitted: DeliveryToSend[]; refused: DeliveryToSend[] }

/** One that has no turn at its host. */
type Refused = { host: string; one: DeliveryToSend }

/** What an isolate knows of hosts, at its start: nothing. */
export function createHosts(): Hosts {
  return { known: new BoundedMap(), untold: { count: 0, toldAt: -Infinity } }
}

/**
 * Takes a turn for each of a set: of what goes to proven hosts all of it, of the others the first ones. It is counted by
 * the limiter, near enough; only where that refuses any is it asked whether the host has proven itself.
 */
export async function takeTurns(world: Turning, set: DeliveryToSend[]): Promise<Admitted> {
  if (!areCounted(world)) return { admitted: set, refused: [] }
  const byHost = Map.groupBy(set, ({ url }) => unprovenHost(world, url))
  const lists = await Promise.all(
    [...byHost].map(async ([host, all]) => {
      if (host === undefined) return []
      return all.slice(await countTurns(world, host, all.length)).map((one) => ({ host, one }))
    }),
  )
  const short = lists.flat()
  await askFor(world, new Set(short.map(({ host }) => host)))
  const refused = short.filter(({ host }) => !knownOf(world, host).isProven)
  if (refused.length > 0) tell(world, refused)
  const left = new Set(refused.map(({ one }) => one))
  return { admitted: set.filter((one) => !left.has(one)), refused: [...left] }
}

/** Notes, behind all else, which hosts have answered 2xx. Never throws. */
export async function noteAnswers(world: Turning, ended: Ended[]): Promise<void> {
  if (!areCounted(world)) return
  const answered = ended.flatMap(({ delivery: { url }, record }) =>
    record?.status === 'delivered' ? (hostOf(url) ?? []) : [],
  )
  const now = world.now()
  const hosts = [...new Set(answered)].filter((host) => {
    const known = knownOf(world, host)
    const isDue = now - known.notedAt >= NOTED_EVERY_MS[known.isProven ? 'proven' : 'unproven']
    if (isDue) known.notedAt = now
    return isDue
  })
  if (hosts.length === 0) return
  const noting = { now, provenAfterMs: world.config.hostProofMs }
  await learn(world, hosts, noteProofs(world.store.catalog, hosts, noting))
}

/** Without a limiter, and where local hosts are endpoints, nothing is. */
function areCounted({ config, isWithinLimit }: Turning): boolean {
  return isWithinLimit !== undefined && !config.allowHttpEndpoints
}

/** The host of a URL that has not proven itself, as far as the isolate knows; a URL that has none is refused by its attempt. */
function unprovenHost(world: Turning, url: string): string | undefined {
  const host = hostOf(url)
  return host === undefined || knownOf(world, host).isProven ? undefined : host
}

/** What the isolate knows of a host; of too many it forgets the one that was sent to longest ago. */
function knownOf({ isolate: { hosts } }: Turning, host: string): KnownHost {
  const { known } = hosts
  const one = known.get(host) ?? {
    isProven: false,
    notedAt: -Infinity,
    askedAt: -Infinity,
    turns: { second: 0, left: 0 },
  }
  known.set(host, one)
  return one
}

/**
 * How many of the turns wanted there are. Each second of a host is counted by itself, in blocks, and what is left of
 * a block is for whoever comes next.
 */
async function countTurns(world: Turning, host: string, wanted: number): Promise<number> {
  const known = knownOf(world, host)
  const second = Math.floor(world.now() / 1000)
  if (known.turns.second !== second) known.turns = { second, left: 0 }
  const { turns } = known
  const block = world.config.unprovenHostPerSecond / HOST_BLOCKS.quota
  const takeBlock = () => world.isWithinLimit?.('unproven_host', `${host} ${second}`)
  while (turns.left < wanted && (await takeBlock())) turns.left += block
  const given = Math.min(turns.left, wanted)
  turns.left -= given
  return given
}

/** Asks by itself: another invocation's question may never be answered, and nobody waits for it. */
async function askFor(world: Turning, hosts: Set<string>): Promise<void> {
  const due = [...hosts].filter(
    (host) => world.now() - knownOf(world, host).askedAt >= ASKED_EVERY_MS,
  )
  if (due.length > 0) await learn(world, due, listProven(world.store.catalog, due))
}

/** A catalog out of reach proves nothing, and is asked again. */
async function learn(world: Turning, asked: string[], answer: Promise<string[]>): Promise<void> {
  try {
    const proven = new Set(await answer)
    for (const host of asked) {
      const known = knownOf(world, host)
      known.isProven ||= proven.has(host)
      known.askedAt = world.now()
    }
  } catch (error) {
    world.log({ event: 'host_proofs_failed', error: explainFault(error) })
  }
}

/** How many had no turn since the last line, and where those of this set were to go, and whose they are. */
function tell({ isolate: { hosts }, log, now }: Turning, refused: Refused[]): void {
  const { untold } = hosts
  untold.count += refused.length
  if (now() - untold.toldAt < TOLD_EVERY_MS) return
  log({
    event: 'host_limited',
    count: untold.count,
    hosts: someOf(refused.map(({ host }) => host)),
    orgs: someOf(refused.map(({ one }) => one.orgId)),
  })
  hosts.untold = { count: 0, toldAt: now() }
}

function someOf(names: string[]): string {
  return [...new Set(names)].slice(0, NAMED).join(' ')
}
