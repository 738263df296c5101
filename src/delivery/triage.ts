// What is to become of a delivery whose turn has come, judged by its row, as a pure function.
import type { DeliveryToSend } from '../db/lifecycle/consume.ts'
import { stoppedBy } from '../db/stopped.ts'
import { LISTEN_URL } from '../db/words.ts'
import type { Lane } from '../world.ts'

/** An attempt may start so many ms before its time: clocks differ, and queues count in seconds. */
const EARLY_TOLERANCE_MS = 1000

/** Longest delay that Cloudflare Queues accepts, in seconds: a day. */
const MAX_DELAY_S = 86_400

/**
 * - `attempt`: now.
 * - `drop`: nothing is wanted any more; or what still is, the sweep does.
 * - `hold`: its endpoint is disabled, or nobody is ever sent to it: whoever listens takes it (X5); or the operator has
 *   stopped what goes there, by a stop of this host.
 * - `hand_on`: it is for the retry lane, because its endpoint is unwell. What waits in bulk stays there.
 * - `wait`: it is early, by so many seconds.
 */
export type Verdict =
  | { kind: 'attempt'; delivery: DeliveryToSend }
  | { kind: 'drop' | 'hand_on' }
  | { kind: 'hold'; stop?: string }
  | { kind: 'wait'; seconds: number }

/**
 * Judges a delivery that came down a lane, at `now` (Unix ms). One that was not found has been overtaken
 * by a newer version, or is finished; one whose endpoint was deleted is ended by the sweep, if the
 * deletion itself did not.
 */
export function triage(delivery: DeliveryToSend | undefined, lane: Lane, now: number): Verdict {
  if (!delivery || isEndpointDeleted(delivery)) return { kind: 'drop' }
  if (delivery.endpointStatus === 'disabled' || delivery.url === LISTEN_URL) return { kind: 'hold' }
  const stop = stoppedBy(delivery.url, delivery.stops)
  if (stop !== undefined) return { kind: 'hold', stop }
  const early = earlyByMs(delivery, now)
  if (early > EARLY_TOLERANCE_MS) {
    return { kind: 'wait', seconds: Math.min(Math.ceil(early / 1000), MAX_DELAY_S) }
  }
  if (lane === 'fresh' && delivery.unwellSince !== null) return { kind: 'hand_on' }
  return { kind: 'attempt', delivery }
}

function isEndpointDeleted({ endpointId, endpointStatus }: DeliveryToSend): boolean {
  return endpointId !== null && endpointStatus === null
}

/**
 * Only a retry can be early, and what waits for another of its call; else the first attempt is due whatever this
 * machine's clock says.
 */
function earlyByMs(delivery: DeliveryToSend, now: number): number {
  const { attemptsMade, isManual, nextAttemptAt, waitingFor } = delivery
  const isFirst = attemptsMade === 0 && waitingFor === null
  return isFirst || isManual ? 0 : nextAttemptAt - now
}
