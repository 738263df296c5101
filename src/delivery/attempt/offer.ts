// An attempt whose request a listener carries: what it is given, and what it says of the receiver's answer.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import type { EndpointRef } from '../../db/words.ts'
import type { World } from '../../world.ts'
import { keepTold, type ToldAnswer } from '../send/answer.ts'
import type { FailureKind, Outcome } from '../send/outcome.ts'
import { conclude, type Attempted, type Begun } from './conclude.ts'
import type { Keyring } from './keyring.ts'
import { prepare, type Prepared } from './prepare.ts'
import { SLOW_MS } from './watch.ts'

/** A webhook for a listener; `token` is what its answer is recognized by. */
export type Offer = Pick<Prepared, 'headers' | 'body'> & {
  deliveryId: string
  attempt: number
  token: string
}

/** What a listener says came of it; durations in ms. */
export type Told = { durationMs: number } & (
  | ToldAnswer
  | { error: { kind: FailureKind; message: string } }
)

/** What is kept of the attempt meanwhile: with whom it is, sealed, because nobody else may change it. */
type Kept = { delivery: Attempted; begun: Begun }

/** Where an offer is sealed for: it opens for no other endpoint, and no secret is taken for one. */
function placeOf({ orgId, endpointId }: EndpointRef) {
  return { orgId, ownerId: endpointId, secretId: 'offer' }
}

/** Prepares an attempt and hands it out. @throws as `prepare` does. */
export async function makeOffer(
  world: Pick<World, 'config' | 'now' | 'store' | 'vault'>,
  keyring: Keyring,
  to: EndpointRef,
  delivery: DeliveryToSend,
): Promise<Offer> {
  const { headers, body, ...begun } = await prepare(world, keyring, delivery)
  const { call: _call, secrets: _secrets, ownHosts: _hosts, stops: _stops, ...rest } = delivery
  const { headers: _headers, ...attempted } = rest
  const kept: Kept = { delivery: attempted, begun }
  const token = await world.vault.seal(JSON.stringify(kept), placeOf(to))
  return { deliveryId: delivery.id, attempt: begun.sent.attempt, headers, body, token }
}

/** The record of an offer that was answered. @throws VaultError when the token is none of this endpoint's. */
export async function concludeOffer(
  world: Pick<World, 'config' | 'isolate' | 'log' | 'now' | 'random' | 'vault'>,
  to: EndpointRef,
  token: string,
  told: Told,
): Promise<AttemptRecord> {
  const opened = await world.vault.unseal(token, placeOf(to))
  // makeOffer sealed it.
  const { delivery, begun } = JSON.parse(opened) as Kept
  // The same however often it is told; and nobody's clock is ahead of ours.
  const endedAt = Math.min(begun.startedAt + told.durationMs, world.now())
  const record = conclude(world, delivery, begun, toOutcome(told), endedAt)
  return { ...record, isWell: record.isWell && told.durationMs <= SLOW_MS }
}

function toOutcome(told: Told): Outcome {
  const { durationMs } = told
  if ('error' in told) return { ...told.error, durationMs }
  return { ...keepTold(told, durationMs), kind: 'response', durationMs }
}
