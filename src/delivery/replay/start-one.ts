// One delivery sent to another URL: a replay of one, which is through when it has started.
import type { Actor } from '../../db/audit.ts'
import { findFirst, type Idempotency, type Once } from '../../db/idempotency.ts'
import { newId } from '../../db/ids.ts'
import {
  readKeptOne,
  startOne as storeOne,
  type SentElsewhere,
} from '../../db/replays/start-one.ts'
import { AppError, notFound } from '../../errors.ts'
import { enforceLimit } from '../../limits.ts'
import type { World } from '../../world.ts'
import { LEASE_MS } from '../lease.ts'
import { enqueue } from '../queue.ts'
import { checkTarget } from '../send/refusal.ts'

/** Where to; `host` is the one that this service was called by, where nothing goes. */
type Elsewhere = {
  url: string
  host: string
  reason: string | null
  idempotency?: Idempotency | undefined
}

/**
 * Sends a copy of a delivery to another URL, signed anew by the same secrets, and leaves the delivery as it is.
 * @throws AppError `invalid_request` naming `url`, `not_found`, `endpoint_deleted`, `payload_deleted`,
 * `idempotency_key_reused`, `rate_limited`: nothing has changed then.
 */
export async function redeliverElsewhere(
  world: World,
  actor: Actor,
  id: string,
  { url, host, reason, idempotency }: Elsewhere,
): Promise<Once<SentElsewhere>> {
  const { orgId, name } = actor
  await enforceLimit(world, 'redeliver', `${orgId} ${id}`)
  const now = world.now()
  const again = await findFirst(world.store, idempotency, now, readKeptOne)
  if (again) return { answer: again, isRepeated: true }
  await checkTarget(world, url, host)
  const replay = { ...OF_ONE, orgId, id: newId(now), reason, copiesTo: url }
  const by = { createdBy: name, createdAt: now, endedAt: now, filter: { deliveryId: id } }
  const { delivery, isMade, first } = await storeOne(
    world.store.of(orgId),
    actor,
    { replay: { ...replay, ...by }, deliveryId: id },
    { entryId: newId(now), leaseMs: LEASE_MS, idempotency },
  )
  if (first) return { answer: first, isRepeated: true }
  if (!delivery) throw notFound('delivery')
  if (delivery.payloadDeletedAt !== null) throw new AppError('payload_deleted')
  if (!isMade) throw new AppError('endpoint_deleted')
  world.defer(enqueue(world, 'retry', [{ orgId, id, version: 1, copiedBy: replay.id }]))
  return { answer: { delivery, replayId: replay.id }, isRepeated: false }
}

/** What is the same of all. */
const OF_ONE = {
  status: 'completed',
  hasMissing: false,
  recipient: 'original',
  ratePerSecond: 1,
  total: 1,
  totalIsExact: true,
} as const
