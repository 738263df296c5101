// Fills a database with the week, lived through in a database of its own and then copied at once.
import { createDatabase } from '../../db/client.ts'
import { createStore } from '../../db/store.ts'
import { findCountedUntil } from '../../db/upkeep/roll-up.ts'
import { countDeliveries } from '../../delivery/upkeep/roll-up.ts'
import type { Visited, World } from '../../world.ts'
import { createChance } from './chance.ts'
import { copyOrg } from './copy.ts'
import { openMemoryD1 } from './memory-d1.ts'
import { receive } from './receivers.ts'
import { Service } from './service.ts'
import { liveThroughWeek, ORG, WEEK_MS } from './week.ts'

/** Any number; with another one it is another week. */
const SEED = 12

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** How many hours there are to live through. */
export const WEEK_HOURS = WEEK_MS / HOUR_MS

/** The week ends so many ms after the cron has ticked, while an endpoint is coming back. */
const SINCE_TICK_MS = 3000

/** What was filled in: the service after its week, its database, and the key that opens the org. */
export type Filled = { service: Service; scratch: D1Database; key: string }

/**
 * Gives a migrated database the org of the seed and its week up to the minute of `now` (Unix ms); the one
 * of an earlier run goes. What belongs to others stays, but for the roll-up, which gets as far as it would
 * by its next run: it must not count again what the week has counted. `onHour` hears how much of it is over.
 */
export async function fill(
  target: D1Database,
  env: Env,
  now: number,
  onHour?: (hours: number) => void,
): Promise<Filled> {
  const end = Math.floor((now - SINCE_TICK_MS) / MINUTE_MS) * MINUTE_MS + SINCE_TICK_MS
  const random = createChance(SEED)
  const scratch = openMemoryD1()
  const service = await Service.start(end - WEEK_MS, {
    d1: scratch,
    env,
    random,
    receive: (url, at) => receive(url, (at - end) / HOUR_MS, random),
  })
  const key = await liveThroughWeek(service, {
    end,
    adminToken: env.ADMIN_TOKEN,
    random,
    onPass: (at) => onHour?.(WEEK_HOURS - (end - at) / HOUR_MS),
  })
  const patience = { random, sleep: async () => {} }
  const there = {
    ...service.world(),
    store: createStore([{ name: 'DB', db: createDatabase(target, patience) }]),
  }
  for (const { store, now: clock } of [service.world(), there]) {
    await countAll({ db: store.catalog, share: 1, now: clock })
  }
  await copyOrg(scratch, target, ORG.id)
  return { service, scratch, key }
}

/** A run of the roll-up is bounded, and this is as many as it takes. */
async function countAll(world: Pick<World, 'now'> & Visited): Promise<void> {
  let before: number | undefined
  do {
    before = await findCountedUntil(world.db)
    await countDeliveries(world)
  } while ((await findCountedUntil(world.db)) !== before)
}
