// Redelivery: one delivery, asked for by a person, attempted anew.
import type { Actor } from '../db/audit.ts'
import { type Idempotency, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { redeliver as storeRedelivery } from '../db/lifecycle/redeliver.ts'
import type { Delivery } from '../db/words.ts'
import { AppError, notFound } from '../errors.ts'
import { enforceLimit } from '../limits.ts'
import { type World } from '../world.ts'
import { LEASE_MS } from './lease.ts'
import { enqueue } from './queue.ts'
import { tell } from './transitions.ts'

/**
 * Makes the delivery due now and hands it to the queue. Whatever is in flight for it is fenced off, so
 * at least one attempt starts after this returns (S5). Its automatic attempts stay as they were.
 * @throws AppError `not_found`, `endpoint_disabled`, `endpoint_deleted`, `redeliver_limit_reached`,
 * `idempotency_key_reused`, `rate_limited`: nothing has changed then (S3). `unavailable`: it is not
 * known whether it has; ask again, with the same Idempotency-Key.
 */
export async function redeliver(
  world: World,
  actor: Actor,
  id: string,
  idempotency?: Idempotency,
): Promise<Once<Delivery>> {
  await enforceLimit(world, 'redeliver', `${actor.orgId} ${id}`)
  const now = world.now()
  const db = world.store.of(actor.orgId)
  const result = await storeRedelivery(db, {
    actor,
    id,
    entryId: newId(now),
    now,
    leaseMs: LEASE_MS,
    idempotency,
  })
  const { isMade, delivery, endpointStatus, first, transitions } = result
  tell(world, transitions)
  if (first) return { answer: first, isRepeated: true }
  if (!delivery) throw notFound('delivery')
  if (!isMade) throw refusal(delivery, endpointStatus)
  const ref = { orgId: actor.orgId, id, version: delivery.version }
  world.defer(enqueue(world, 'retry', [ref]))
  return { answer: delivery, isRepeated: false }
}

function refusal({ endpointId }: Delivery, endpointStatus: string | null | undefined): AppError {
  if (endpointId !== null && !endpointStatus) return new AppError('endpoint_deleted')
  if (endpointStatus === 'disabled') return new AppError('endpoint_disabled')
  return new AppError('redeliver_limit_reached')
}
