// Redelivery: what a person asks for is attempted anew.
import type { Actor } from '../db/audit.ts'
import type { Idempotency, Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import { redeliver as storeRedelivery, type Redelivered } from '../db/lifecycle/redeliver.ts'
import type { Delivery } from '../db/words.ts'
import { AppError, notFound, toAppError } from '../errors.ts'
import { enforceLimit } from '../limits.ts'
import type { World } from '../world.ts'
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
  const { first, results } = await askAll(world, actor, [id], idempotency)
  if (first) return { answer: first, isRepeated: true }
  const result = results.get(id) ?? notFound('delivery')
  if (result instanceof AppError) throw result
  return { answer: result, isRepeated: false }
}

/**
 * The same for many of an org's deliveries, in one transaction; answers what came of each that is there,
 * by its id: the delivery, or why it was refused. @throws AppError `unavailable`, as above.
 */
export async function redeliverAll(
  world: World,
  actor: Actor,
  ids: string[],
): Promise<Map<string, Delivery | AppError>> {
  const limited = new Map<string, AppError>()
  const limit = async (id: string) => {
    await enforceLimit(world, 'redeliver', `${actor.orgId} ${id}`).catch((error: unknown) =>
      limited.set(id, toAppError(error)),
    )
  }
  const asked = [...new Set(ids)]
  await Promise.all(asked.map(limit))
  const allowed = asked.filter((id) => !limited.has(id))
  if (allowed.length === 0) return limited
  const { results } = await askAll(world, actor, allowed, undefined)
  return new Map([...limited, ...results])
}

async function askAll(
  world: World,
  actor: Actor,
  ids: string[],
  idempotency: Idempotency | undefined,
) {
  const { orgId } = actor
  const now = world.now()
  const { found, first, transitions } = await storeRedelivery(world.store.of(orgId), {
    actor,
    asked: ids.map((id) => ({ id, entryId: newId(now) })),
    now,
    leaseMs: LEASE_MS,
    idempotency,
  })
  tell(world, transitions)
  if (!first) dispatch(world, found)
  return { first, results: new Map(found.map((one) => [one.delivery.id, resultOf(one)])) }
}

function dispatch(world: World, found: Redelivered[]): void {
  const refs = found.flatMap(({ isMade, delivery }) => (isMade ? [delivery] : []))
  if (refs.length > 0) world.defer(enqueue(world, 'retry', refs))
}

function resultOf({ isMade, delivery, endpointStatus }: Redelivered): Delivery | AppError {
  if (isMade) return delivery
  if (delivery.endpointId !== null && !endpointStatus) return new AppError('endpoint_deleted')
  if (endpointStatus === 'disabled') return new AppError('endpoint_disabled')
  return new AppError('redeliver_limit_reached')
}
