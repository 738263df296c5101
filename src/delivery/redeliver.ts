// Redelivery: what a person asks for is attempted anew.
import type { Actor } from '../db/audit.ts'
import {
  readFirst,
  type Idempotency,
  type IdempotencyRecord,
  type Once,
} from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import {
  readKept,
  redeliver as storeRedelivery,
  type Asked,
  type Redelivered,
  type RedeliverResult,
  type Terms,
} from '../db/lifecycle/redeliver.ts'
import type { Delivery } from '../db/words.ts'
import { AppError, notFound, toAppError } from '../errors.ts'
import { enforceLimit } from '../limits.ts'
import type { Groups, Share, World } from '../world.ts'
import { alone, createGroups, MAX_LED_MS } from './group.ts'
import { LEASE_MS } from './lease.ts'
import { enqueue } from './queue.ts'
import { tell } from './transitions.ts'

/** Redeliveries that a group of requests may have. */
const MAX_GROUP = 100

/** What came of one that was asked for; undefined: it is not there. */
type Answered = { redelivered: Redelivered | undefined; earlier: IdempotencyRecord | undefined }

/** How a request has its redelivery made with others'. */
export type RedeliveryShare = Share<Asked, Answered>

/** Makes the groups of an isolate, in a line for each caller. */
export function createRedeliveryGroups(): Groups<Asked, Answered> {
  return createGroups({ weigh: () => 1, maxWeight: MAX_GROUP, maxLedMs: MAX_LED_MS })
}

/**
 * Makes the delivery due now and hands it to the queue. Whatever is in flight for it is fenced off, so
 * at least one attempt starts after this returns (S5). Its automatic attempts stay as they were.
 * @throws AppError `not_found`, `endpoint_disabled`, `endpoint_deleted`, `payload_deleted`,
 * `redeliver_limit_reached`, `idempotency_key_reused`, `rate_limited`: nothing has changed then (S3). `unavailable`: it is not
 * known whether it has; ask again, with the same Idempotency-Key.
 */
export async function redeliver(
  world: World,
  actor: Actor,
  id: string,
  {
    idempotency,
    share = alone(world),
    ...terms
  }: Terms & { idempotency?: Idempotency | undefined; share?: RedeliveryShare } = {},
): Promise<Once<Delivery>> {
  const { orgId } = actor
  await enforceLimit(world, 'redeliver', `${orgId} ${id}`)
  const asked = { id, entryId: newId(world.now()), actor, terms, idempotency }
  const { redelivered, earlier } = await share(asked, (all) => redeliverTogether(world, orgId, all))
  return answerOnce(asked, { redelivered, earlier })
}

/** @throws AppError as above. */
function answerOnce(
  { idempotency, entryId: token }: Asked,
  { redelivered, earlier }: Answered,
): Once<Delivery> {
  const first = idempotency && readFirst({ ...idempotency, token }, earlier, readKept)
  if (first) return { answer: first, isRepeated: true }
  const result = redelivered ? resultOf(redelivered) : notFound('delivery')
  if (result instanceof AppError) throw result
  return { answer: result, isRepeated: false }
}

/**
 * The same for many of an org's deliveries, in one transaction, each with a key of its own, if any; answers what came
 * of each, by its id: the delivery, or why it was refused. @throws AppError `unavailable`, as above.
 */
export async function redeliverAll(
  world: World,
  actor: Actor,
  ids: string[],
  { keyOf, ...terms }: Terms & { keyOf?: (id: string) => Idempotency | undefined } = {},
): Promise<Map<string, Delivery | AppError>> {
  const limited = new Map<string, AppError>()
  const limit = async (id: string) => {
    await enforceLimit(world, 'redeliver', `${actor.orgId} ${id}`).catch((error: unknown) =>
      limited.set(id, toAppError(error)),
    )
  }
  const distinct = [...new Set(ids)]
  await Promise.all(distinct.map(limit))
  const allowed = distinct.filter((id) => !limited.has(id))
  if (allowed.length === 0) return limited
  const now = world.now()
  const asked = allowed.map((id) => {
    return { id, entryId: newId(now), actor, terms, idempotency: keyOf?.(id) }
  })
  const answers = await answerAll(world, actor.orgId, asked)
  const results = asked.map((one) => [one.id, resultOfOne(one, answers)] as const)
  return new Map([...limited, ...results])
}

function resultOfOne(asked: Asked, answers: Map<Asked, Answered>): Delivery | AppError {
  const none = { redelivered: undefined, earlier: undefined }
  try {
    return answerOnce(asked, answers.get(asked) ?? none).answer
  } catch (error) {
    return toAppError(error)
  }
}

async function redeliverTogether(world: World, orgId: string, all: Asked[]): Promise<Answered[]> {
  const answers = new Map<Asked, Answered>()
  for (const round of toRounds(all)) {
    for (const [asked, answer] of await answerAll(world, orgId, round)) answers.set(asked, answer)
  }
  return all.flatMap((asked) => answers.get(asked) ?? [])
}

/** What came of each delivery and each key, of which there is one of each. */
async function answerAll(world: World, orgId: string, all: Asked[]): Promise<Map<Asked, Answered>> {
  const { found, earlier } = await redeliverOnce(world, orgId, all)
  const byId = new Map(found.map((one) => [one.delivery.id, one]))
  return new Map(
    all.map((asked) => {
      const kept = asked.idempotency && earlier.get(asked.idempotency.key)
      return [asked, { redelivered: byId.get(asked.id), earlier: kept }]
    }),
  )
}

/** Those that ask for one delivery, or bring one key, are made one after the other, each for itself. */
function toRounds(all: Asked[]): Asked[][] {
  const rounds: Asked[][] = []
  for (const asked of all) {
    const round = rounds.find((others) => !others.some((other) => isSame(asked, other)))
    if (round) round.push(asked)
    else rounds.push([asked])
  }
  return rounds
}

function isSame(one: Asked, other: Asked): boolean {
  const key = one.idempotency?.key
  return one.id === other.id || (key !== undefined && key === other.idempotency?.key)
}

async function redeliverOnce(
  world: World,
  orgId: string,
  asked: Asked[],
): Promise<RedeliverResult> {
  const now = world.now()
  const request = { orgId, asked, now, leaseMs: LEASE_MS }
  const result = await storeRedelivery(world.store.of(orgId), request)
  tell(world, result.transitions)
  dispatch(world, result.found)
  return result
}

function dispatch(world: World, found: Redelivered[]): void {
  const refs = found.flatMap(({ isMade, delivery }) => (isMade ? [delivery] : []))
  if (refs.length > 0) world.defer(enqueue(world, 'retry', refs))
}

function resultOf({ isMade, delivery, endpointStatus }: Redelivered): Delivery | AppError {
  if (isMade) return delivery
  if (delivery.payloadDeletedAt !== null) return new AppError('payload_deleted')
  if (delivery.endpointId !== null && !endpointStatus) return new AppError('endpoint_deleted')
  if (endpointStatus === 'disabled') return new AppError('endpoint_disabled')
  return new AppError('redeliver_limit_reached')
}
