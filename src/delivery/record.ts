// What came of attempts, written together, or in parts when the store refuses one delivery's record.
import { isStatementFault } from '../db/client.ts'
import {
  recordIfCurrent,
  type AttemptRecord,
  type Outcomes,
  type Recorded,
} from '../db/lifecycle/record.ts'
import { isOnTheMove } from '../db/departures.ts'
import type { HeldRef } from '../db/lifecycle/hold.ts'
import type { EndpointRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { Groups, World } from '../world.ts'
import { noteSuccesses } from './attempt/lines.ts'
import { toBareEntry } from './attempt/log.ts'
import { createGroups } from './group.ts'
import { LEASE_MS } from './lease.ts'
import { enqueue } from './queue.ts'
import { queueUp } from './queue-up.ts'
import { tell } from './transitions.ts'

/** What is written at once, at most: an entry of the log has 16 KB, and D1 takes 2 MB as one value (R5). */
const MAX_GROUP_SIZE = 100

/** Whoever is led waits for so many ms at most, of the three seconds that an invocation has for writing. */
const MAX_LED_MS = 2000

/** Makes the groups in which an isolate's records are written together, in a line for each database. */
export function createRecordGroups(): Groups<Outcomes, string[]> {
  return createGroups({ weigh: sizeOf, maxWeight: MAX_GROUP_SIZE, maxLedMs: MAX_LED_MS })
}

/**
 * Writes what came of a set, together with what came of others meanwhile, tells it, and sends what may go
 * next of what was parked. Answers the ids of attempts that are not recorded, or not known to be. Never throws.
 */
export async function recordOutcomes(world: World, outcomes: Outcomes): Promise<string[]> {
  const byDatabase = await inDatabases(world, toItems(outcomes))
  const lost = [...byDatabase].map(([database, items]) =>
    recordAt(world, database, toOutcomes(items)),
  )
  return (await Promise.all(lost)).flat()
}

/** By the names of their databases, so that nobody waits for another's; what is not known has none. */
async function inDatabases(world: World, items: Item[]): Promise<Map<string, Item[]>> {
  const names = new Map<string, string>()
  for (const orgId of new Set(items.map((one) => one.orgId))) {
    const name = await world.store.homeOf(orgId).then(
      (home) => home.name,
      () => '',
    )
    names.set(orgId, name)
  }
  return Map.groupBy(items, ({ orgId }) => names.get(orgId) ?? '')
}

async function recordAt(world: World, database: string, outcomes: Outcomes): Promise<string[]> {
  const share = world.isolate.records.sharing(world, database)
  return share(outcomes, (all) => recordTogether(world, all)).catch((error: unknown) => {
    const { attempts } = outcomes
    const count = attempts.length
    world.log({ event: 'record_failed', database, count, error: explainFault(error) })
    return attempts.map(({ attemptId }) => attemptId)
  })
}

function sizeOf({ attempts, held, slow }: Outcomes): number {
  return attempts.length + held.length + slow.length
}

/** Each gets the same answer, in which it looks for its own. */
async function recordTogether(world: World, all: Outcomes[]): Promise<string[][]> {
  const lost: string[] = []
  for (const outcomes of inRounds(all)) {
    noteSuccesses(world, outcomes.attempts)
    lost.push(...(await write(world, outcomes)))
  }
  return all.map(() => lost)
}

/** Two attempts at one delivery are written one after the other. */
function inRounds(all: Outcomes[]): Outcomes[] {
  const attempts = all.flatMap((one) => one.attempts).toSorted((a, b) => a.endedAt - b.endedAt)
  const counts = new Map<string, number>()
  const rounds = Map.groupBy(attempts, ({ id }) => {
    const round = counts.get(id) ?? 0
    counts.set(id, round + 1)
    return round
  })
  const [first = [], ...others] = rounds.values()
  const held = all.flatMap((one) => one.held)
  const slow = all.flatMap((one) => one.slow)
  return [
    { attempts: first, held, slow },
    ...others.map((some) => ({ attempts: some, held: [], slow: [] })),
  ]
}

/**
 * What came of an attempt on its way when its org was fenced, to be moved, is tried again so often, each time
 * after so many ms; then its lease ends, and it is attempted again.
 */
const FENCED = { tries: 12, waitMs: 900 }

/**
 * One transaction a database. What SQLite refuses is tried again in halves, and a single attempt without what
 * was sent and answered: what is one delivery's fault costs the others nothing (R5). While the database is out
 * of reach nothing is tried again. What is refused because its org is being moved is written later, where
 * that has come to.
 */
async function write(
  world: World,
  outcomes: Outcomes,
  triesLeft = FENCED.tries,
): Promise<string[]> {
  const settings = {
    now: world.now(),
    leaseMs: LEASE_MS,
    disableAfterExhausted: world.config.disableAfterExhausted,
  }
  const parts = await world.store.spread(toItems(outcomes), (db, items) =>
    recordIfCurrent(db, { ...toOutcomes(items), ...settings }),
  )
  const lost: string[] = []
  for (const part of parts) {
    if (part.status === 'fulfilled') goOn(world, part.value)
    else if (triesLeft > 0 && isOnTheMove(part.reason))
      world.defer(writeLater(world, toOutcomes(part.items), triesLeft - 1))
    else lost.push(...(await tryInParts(world, toOutcomes(part.items), part)))
  }
  return lost
}

/** What is recorded of one org. */
type Item = { orgId: string } & (
  | { attempt: AttemptRecord }
  | { held: HeldRef }
  | { slow: EndpointRef }
)

function toItems({ attempts, held, slow }: Outcomes): Item[] {
  return [
    ...attempts.map((attempt) => ({ orgId: attempt.orgId, attempt })),
    ...held.map((ref) => ({ orgId: ref.orgId, held: ref })),
    ...slow.map((ref) => ({ orgId: ref.orgId, slow: ref })),
  ]
}

function toOutcomes(items: Item[]): Outcomes {
  return {
    attempts: items.flatMap((item) => ('attempt' in item ? item.attempt : [])),
    held: items.flatMap((item) => ('held' in item ? item.held : [])),
    slow: items.flatMap((item) => ('slow' in item ? item.slow : [])),
  }
}

function goOn(world: World, recorded: Recorded): void {
  const { released, followers, transitions, supersededCount } = recorded
  world.isolate.meters.count('attempts_superseded_total', {}, supersededCount)
  tell(world, transitions)
  if (released.length > 0) world.defer(enqueue(world, 'retry', released))
  const next = followers.filter(({ isParked }) => !isParked)
  const queued = next.map(({ isUnwell, ...ref }) => ({ ref, isUnwell }))
  if (queued.length > 0) world.defer(queueUp(world, queued))
}

async function writeLater(world: World, outcomes: Outcomes, triesLeft: number): Promise<void> {
  await world.sleep(FENCED.waitMs)
  await write(world, outcomes, triesLeft)
}

async function tryInParts(
  world: World,
  outcomes: Outcomes,
  { database, reason }: { database: string; reason: unknown },
): Promise<string[]> {
  const { attempts } = outcomes
  const error = explainFault(reason)
  world.log({ event: 'record_failed', database, count: attempts.length, error })
  const parts = isStatementFault(reason) && !isOnTheMove(reason) ? toParts(outcomes) : []
  if (parts.length === 0) return attempts.map(({ attemptId }) => attemptId)
  const lost: string[] = []
  for (const part of parts) lost.push(...(await write(world, part)))
  return lost
}

/** What to try instead; nothing when there is no smaller part. */
function toParts({ attempts, held, slow }: Outcomes): Outcomes[] {
  const rest = { attempts: [], held, slow }
  const smaller = attempts.length > 1 ? toHalves(attempts) : toBare(attempts)
  const parts = smaller.map((some) => ({ attempts: some, held: [], slow: [] }))
  return attempts.length > 0 && held.length + slow.length > 0 ? [...parts, rest] : parts
}

function toHalves(attempts: AttemptRecord[]): AttemptRecord[][] {
  const middle = Math.ceil(attempts.length / 2)
  return [attempts.slice(0, middle), attempts.slice(middle)]
}

function toBare(attempts: AttemptRecord[]): AttemptRecord[][] {
  return attempts.flatMap((one) => {
    const entry = toBareEntry(one.entry)
    return entry === one.entry ? [] : [[{ ...one, entry }]]
  })
}
