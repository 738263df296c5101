// A delivery's state in words: its badge, its last result, what comes next.
import type { DeliveryNow } from '../../db/views/browse.ts'
import { Badge, Countdown } from '../ui/parts.tsx'

/** Pending, with nobody on it: it waits until its endpoint is enabled, or its turn comes. */
export function isHeld({ status, sweepAt }: Pick<DeliveryNow, 'status' | 'sweepAt'>): boolean {
  return status === 'pending' && sweepAt === null
}

/** The state as a badge. */
export function StatusBadge({ delivery }: { delivery: DeliveryNow }) {
  const { status, attemptCount, manualRetryCount } = delivery
  if (status === 'delivered') return <Badge kind="ok">Delivered</Badge>
  if (status === 'exhausted') return <Badge kind="bad">Exhausted</Badge>
  if (isHeld(delivery)) return <Badge kind="wait">Held</Badge>
  const isNew = attemptCount === 0 && manualRetryCount === 0
  return <Badge kind="wait">{isNew || delivery.lastError === null ? 'Pending' : 'Retrying'}</Badge>
}

/** The last failure in a few words, or the status that delivered it. */
export function Result({ delivery }: { delivery: DeliveryNow }) {
  const { status, lastError, lastResponseStatus } = delivery
  if (status === 'delivered') return <span>HTTP {lastResponseStatus}</span>
  return lastError === null ? <span class="muted">–</span> : <span>{lastError}</span>
}

/** How many attempts there were, and when the next one is. */
export function Progress({
  delivery,
  max,
  now,
}: {
  delivery: DeliveryNow
  max: number
  now: number
}) {
  const { attemptCount, manualRetryCount, nextAttemptAt, status } = delivery
  return (
    <span>
      {attemptCount} of {max}
      {manualRetryCount > 0 ? ` + ${manualRetryCount} by hand` : ''}
      {status === 'pending' && !isHeld(delivery) ? (
        <span class="next">
          {' · '}
          <Countdown at={nextAttemptAt} now={now} />
        </span>
      ) : null}
    </span>
  )
}
