// What came of a batch, written at once, or in parts when the store refuses one delivery's record.
import { isStatementFault } from '../db/client.ts'
import { recordIfCurrent, type AttemptRecord } from '../db/lifecycle/record.ts'
import type { DeliveryRef, EndpointRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { World } from '../world.ts'
import { toBareEntry } from './attempt/log.ts'
import { LEASE_MS } from './lease.ts'
import { enqueue } from './queue.ts'
import { tell } from './transitions.ts'

/** What came of a batch: attempts that ended, deliveries to be held, endpoints slow at this moment. */
export type Outcomes = { attempts: AttemptRecord[]; held: DeliveryRef[]; slow: EndpointRef[] }

/**
 * Writes what came of a batch, in one transaction, tells it, and sends what may go next of what was parked. One
 * that SQLite refuses is tried again in halves, and a single attempt without what was sent and answered:
 * what is one delivery's fault costs the others nothing (R5). While the database is out of reach nothing
 * is tried again. Answers the ids of the attempts that are not recorded. Never throws.
 */
export async function recordOutcomes(world: World, outcomes: Outcomes): Promise<string[]> {
  const { attempts, held, slow } = outcomes
  if (attempts.length === 0 && held.length === 0 && slow.length === 0) return []
  const { disableAfterExhausted } = world.config
  const settings = { now: world.now(), leaseMs: LEASE_MS, disableAfterExhausted }
  try {
    const batch = { ...outcomes, ...settings }
    const { released, transitions } = await recordIfCurrent(world.store.shared, batch)
    tell(world, transitions)
    if (released.length > 0) world.defer(enqueue(world, 'retry', released))
    return []
  } catch (error) {
    world.log({ event: 'record_failed', count: attempts.length, error: explainFault(error) })
    const parts = isStatementFault(error) ? toParts(outcomes) : []
    if (parts.length === 0) return attempts.map(({ attemptId }) => attemptId)
    const lost: string[] = []
    for (const part of parts) lost.push(...(await recordOutcomes(world, part)))
    return lost
  }
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
