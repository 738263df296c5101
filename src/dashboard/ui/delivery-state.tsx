// A delivery's state as it is shown: its badge, its last result, what comes next.
import type { DeliveryNow } from '../../db/views/browse.ts'
import { badgeOf, BEHIND, outOf, PARKED, resultOf, type DeliveryFacts } from './delivery-words.ts'
import { Badge, Countdown } from './parts.tsx'

/** The state as a badge. */
export function StatusBadge({ delivery }: { delivery: DeliveryFacts }) {
  const { kind, name } = badgeOf(delivery)
  return <Badge kind={kind}>{name}</Badge>
}

/** The last failure in a few words, or the status that delivered it. */
export function Result({ delivery }: { delivery: DeliveryFacts }) {
  const result = resultOf(delivery)
  if (result === undefined) return <span class="muted">–</span>
  return result.isEarlier ? (
    <span class="muted">earlier: {result.text}</span>
  ) : (
    <span>{result.text}</span>
  )
}

/** How many attempts there were, and when the next one is, or what it waits for. */
export function Progress(props: { delivery: DeliveryNow; max: number; now: number }) {
  const { delivery, max, now } = props
  const { attemptCount, manualRetryCount, status } = delivery
  return (
    <span>
      {outOf(attemptCount, max)}
      {manualRetryCount > 0 ? ` + ${manualRetryCount} by hand` : ''}
      {status === 'pending' ? (
        <span class="next">
          {' · '}
          <Next delivery={delivery} now={now} />
        </span>
      ) : null}
    </span>
  )
}

function Next({ delivery, now }: { delivery: DeliveryNow; now: number }) {
  const { nextAttemptAt, parkedAs, waitingFor } = delivery
  if (parkedAs !== null) return <>{PARKED[parkedAs].reason}</>
  if (waitingFor !== null) return <>{BEHIND.reason}</>
  return <Countdown at={nextAttemptAt} now={now} />
}
