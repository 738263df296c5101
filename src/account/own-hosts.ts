// Remembers which hosts this service is called by, so that its webhooks do not call it.
import { BoundedMap } from '../bounded-map.ts'
import { keepOwnHost } from '../db/account/own-hosts.ts'
import { explainFault } from '../errors.ts'
import type { World } from '../world.ts'

/** A name is written again after so many ms, by each isolate: a row written an hour. */
const NOTE_EVERY_MS = 3600 * 1000

/** Names that an isolate keeps in mind, at most. */
const MAX_KNOWN = 100

/** The host that a request to this service names: no webhook goes there (X5). */
export function ownHostOf(url: string): string {
  return new URL(url).hostname
}

/** Notes the host of a request, after its answer. */
export type HostNote = (world: Pick<World, 'defer' | 'log' | 'now' | 'store'>, url: string) => void

/**
 * Makes what notes the host that a caller used; to be told of callers with a valid key alone. Such a
 * caller cannot make a host of someone else's ours: Cloudflare hands a Worker only requests for its own
 * routes and domains. Under a wildcard route he can make up names, all of them ours, and push out others.
 */
export function createHostNote(): HostNote {
  const notedAt = new BoundedMap<number>(MAX_KNOWN)
  return function noteHost(world, url) {
    // Up to the path: each request comes by here, and most by the same host.
    const origin = url.slice(0, url.indexOf('/', 'https://'.length))
    const now = world.now()
    if (now - (notedAt.get(origin) ?? -Infinity) < NOTE_EVERY_MS) return
    notedAt.set(origin, now)
    world.defer(
      keepEverywhere(world.store, ownHostOf(url), now).catch((error: unknown) => {
        notedAt.delete(origin)
        world.log({ event: 'own_host_not_kept', error: explainFault(error) })
      }),
    )
  }
}

/** In each database: a batch asks for our hosts in the read that it makes anyway. */
async function keepEverywhere({ all }: World['store'], host: string, now: number): Promise<void> {
  await Promise.all(all.map(({ db }) => keepOwnHost(db, host, now)))
}
