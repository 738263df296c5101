// One attempt at one delivery: prepared, sent, concluded.
import type { DeliveryToSend } from '../../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../../db/lifecycle/record.ts'
import { SLOT_TOLERANCE_MS } from '../../db/lifecycle/slots.ts'
import { explainFault } from '../../errors.ts'
import type { World } from '../../world.ts'
import type { Outcome } from '../send/outcome.ts'
import { findRefusal, type TargetJudge } from '../send/refusal.ts'
import { send, TooLateError, type Sender } from '../send/send.ts'
import { fetchFor, type Certified } from './certificate.ts'
import { conclude } from './conclude.ts'
import { coverEchoes } from './echoes.ts'
import type { Keyring } from './keyring.ts'
import { prepare, type Prepared } from './prepare.ts'

/**
 * Makes one attempt. Undefined after a fault of ours, before anything was sent: a call that cannot be read,
 * a secret that does not decrypt, or none at all, a certificate that is not bound. It is logged, and uses up no attempt
 * (A4). `late`: nothing was sent, because its slot has passed; nor does that. Never throws.
 */
export async function attempt(
  world: World,
  keyring: Keyring,
  delivery: DeliveryToSend,
): Promise<AttemptRecord | 'late' | undefined> {
  try {
    const { prepared, outcome } = await request(world, keyring, delivery)
    return conclude(world, delivery, prepared, outcome)
  } catch (error) {
    if (error instanceof TooLateError) return 'late'
    world.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: explainFault(error) })
    return undefined
  }
}

/** One request, and what came of it, the endpoint's own headers covered. @throws as `prepare` and `fetchFor` do. */
export async function request(
  world: TargetJudge & Sender & Certified & Pick<World, 'store'>,
  keyring: Keyring,
  delivery: DeliveryToSend,
): Promise<{ prepared: Prepared; outcome: Outcome }> {
  const prepared = await prepare(world, keyring, delivery)
  const outcome = await sendIfAllowed(world, delivery, prepared)
  return { prepared, outcome: coverEchoes(outcome, prepared.own) }
}

/** The URL is judged again at each attempt: names change where they lead (X5). */
async function sendIfAllowed(
  world: TargetJudge & Sender & Certified,
  delivery: DeliveryToSend,
  { headers, body }: Prepared,
): Promise<Outcome> {
  const { url, ownHosts, slotAt } = delivery
  const sender = { ...world, fetch: fetchFor(world, delivery) }
  const askedAt = world.now()
  const message = await findRefusal(world, url, ownHosts)
  if (message) return { kind: 'refused_target', message, durationMs: world.now() - askedAt }
  const until = slotAt === undefined ? undefined : slotAt + SLOT_TOLERANCE_MS
  return send({ url, headers, body, timeoutMs: world.config.attemptTimeoutMs, until }, sender)
}
