// A delivery's state in words: its badge, its last result, what comes next.
import type { DeliveryNow } from '../../db/views/browse.ts'
import { Badge, Countdown } from './parts.tsx'

/** How a parked delivery is called, and what it waits for. */
const PARKED = {
  held: { name: 'Held', reason: 'endpoint disabled' },
  paced: { name: 'Paced', reason: 'waits its turn' },
}

/** The state as a badge. */
export function StatusBadge({ delivery }: { delivery: DeliveryNow }) {
  const { status, parkedAs, attemptCount, manualRetryCount } = delivery
  if (status === 'delivered') return <Badge kind="ok">Delivered</Badge>
  if (status === 'exhausted') return <Badge kind="bad">Exhausted</Badge>
  if (parkedAs !== null) return <Badge kind="wait">{PARKED[parkedAs].name}</Badge>
  const isNew = attemptCount === 0 && manualRetryCount === 0
  return <Badge kind="wait">{isNew || delivery.lastError === null ? 'Pending' : 'Retrying'}</Badge>
}

/** The last failure in a few words, or the status that delivered it. */
export function Result({ delivery }: { delivery: DeliveryNow }) {
  const { status, lastError, lastResponseStatus } = delivery
  if (status === 'delivered') return <span>HTTP {lastResponseStatus}</span>
  return lastError === null ? <span class="muted">–</span> : <span>{lastError}</span>
}

/** How many attempts there were, and when the next one is, or what it waits for. */
export function Progress({
  delivery,
  max,
  now,
}: {
  delivery: DeliveryNow
  max: number
  now: number
}) {
  const { attemptCount, manualRetryCount, nextAttemptAt, parkedAs, status } = delivery
  return (
    <span>
      {attemptCount} of {max}
      {manualRetryCount > 0 ? ` + ${manualRetryCount} by hand` : ''}
      {status === 'pending' ? (
        <span class="next">
          {' · '}
          {parkedAs === null ? <Countdown at={nextAttemptAt} now={now} /> : PARKED[parkedAs].reason}
        </span>
      ) : null}
    </span>
  )
}
