// Listening: what is due for an endpoint is offered to whoever listens, and its answers are recorded like any outcome.
import { VaultError } from '../credentials/vault.ts'
import { newId } from '../db/ids.ts'
import { loadForAttempt } from '../db/lifecycle/consume.ts'
import { beginListening, look, takeOffered, type Listener } from '../db/lifecycle/listen.ts'
import { stoppedBy } from '../db/stopped.ts'
import type { DeliveryRef, EndpointRef } from '../db/words.ts'
import { AppError, explainFault, invalidRequest, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { createKeyring } from './attempt/keyring.ts'
import { concludeOffer, makeOffer, type Offer, type Told } from './attempt/offer.ts'
import { recordOutcomes } from './record.ts'
import { tell } from './transitions.ts'

/** A stream looks once in so many ms. */
const LOOK_EVERY_MS = 1000

/** Looks of one stream: it ends after some four minutes, and D1 allows an invocation 1,000 queries. */
const MAX_LOOKS = 240

/** Queries of one stream for calls that are long, each of which is read by itself. */
const MAX_LONG_CALLS = 200

/** Offers that one listener has without an answer, at most: it gets more as it answers. */
const MAX_UNANSWERED = 10

/** A listener has so many ms more for its answer than its receiver has: then what it was offered is offered again. */
const ANSWER_MS = 20_000

/** What a stream says: webhooks, none at most looks; or why it has ended, which is its last word. */
export type Heard = { offers: Offer[] } | { end: 'lifetime' | 'replaced' | 'gone' }

/**
 * Listens to an endpoint, in the place of whoever did before. What is due is taken as an attempt takes it: leased
 * at its version, signed now. What is not answered in time is offered again (D2).
 * @throws AppError `not_found` when it is not there, or is sent to; and what a query throws.
 */
export async function listen(world: World, to: EndpointRef): Promise<AsyncGenerator<Heard>> {
  const listener = { ...to, listener: newId(world.now()) }
  const { isBegun, transitions } = await beginListening(world.store.of(to.orgId), listener)
  if (!isBegun) throw notFound('endpoint')
  tell(world, transitions)
  return hear(world, listener)
}

async function* hear(world: World, listener: Listener): AsyncGenerator<Heard> {
  const db = world.store.of(listener.orgId)
  let handed: DeliveryRef[] = []
  let longCalls = 0
  for (let looks = 0; looks < MAX_LOOKS && longCalls < MAX_LONG_CALLS; looks += 1) {
    const { state, isDue, unanswered } = await look(db, listener, handed, world.now())
    if (state !== 'listening') {
      yield { end: state }
      return
    }
    const room = MAX_UNANSWERED - unanswered.length
    const { taken, offers, long } = isDue && room > 0 ? await offer(world, listener, room) : NOTHING
    handed = [...unanswered, ...taken]
    longCalls += long
    yield { offers }
    await world.sleep(LOOK_EVERY_MS)
  }
  yield { end: 'lifetime' }
}

/** What was taken, what of it could be signed, and how many calls were read by themselves for it. */
type Offered = { taken: DeliveryRef[]; offers: Offer[]; long: number }

const NOTHING: Offered = { taken: [], offers: [], long: 0 }

/** A fault of ours costs time: the lease ends (A4). */
async function offer(world: World, listener: Listener, limit: number): Promise<Offered> {
  const db = world.store.of(listener.orgId)
  const now = world.now()
  const leaseMs = world.config.attemptTimeoutMs + ANSWER_MS
  const { taken, transitions } = await takeOffered(db, listener, { now, leaseMs, limit })
  tell(world, transitions)
  if (taken.length === 0) return NOTHING
  const found = await loadForAttempt(db, taken, now)
  // It may have been disabled or stopped just now (C5): what was taken goes back when its lease ends.
  const loaded = found.filter(
    ({ endpointStatus, url, stops }) =>
      endpointStatus === 'enabled' && stoppedBy(url, stops) === undefined,
  )
  const keyring = createKeyring(world)
  const made = loaded.map((delivery) =>
    makeOffer(world, keyring, listener, delivery).catch((error: unknown) => {
      world.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: explainFault(error) })
    }),
  )
  const offers = (await Promise.all(made)).flatMap((one) => one ?? [])
  return { taken, offers, long: loaded.filter(({ call }) => call === null).length }
}

/**
 * Records what came of an offer, as of any attempt: a late one is superseded, one that is told twice is recorded once.
 * @throws AppError `invalid_request` naming `token`; `unavailable` when it is not known to be recorded.
 */
export async function answerOffer(
  world: World,
  to: EndpointRef,
  token: string,
  told: Told,
): Promise<void> {
  const attempt = await concludeOffer(world, to, token, told).catch((error: unknown) => {
    if (!(error instanceof VaultError)) throw error
    const message = 'must be the token of a webhook that this endpoint’s stream has sent'
    throw invalidRequest([{ path: 'token', message }])
  })
  const lost = await recordOutcomes(world, { attempts: [attempt], held: [], slow: [] })
  if (lost.includes(attempt.attemptId)) throw new AppError('unavailable')
}
