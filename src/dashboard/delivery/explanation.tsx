// What is said of a delivery on its page.
import type { Child } from 'hono/jsx'
import type { Inspection } from '../../db/views/inspect.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { explainDelivery, type Explained, type NextStep } from '../../delivery/explain.ts'
import { DELIVERIES, ENDPOINTS } from '../context.ts'
import { isErrorEarlier } from '../ui/delivery-words.ts'
import { Countdown, Notice, Time } from '../ui/parts.tsx'
import { stopOf } from '../ui/stopped.tsx'

/** The sentence as a notice. */
export function Explanation(props: Explained & { inspection: Inspection; now: number }) {
  const { url, payloadDeletedAt } = props.inspection.delivery
  const isStopped = stopOf(url) !== undefined
  const isForgotten = payloadDeletedAt !== null
  const sentence = explainDelivery({ ...props, isStopped, isForgotten })
  if (sentence === undefined) return null
  return (
    <Notice kind={sentence.kind}>
      {sentence.text} <WhatToDo next={sentence.next} {...props} />
    </Notice>
  )
}

function WhatToDo(props: { next: NextStep; inspection: Inspection; now: number }) {
  const { next, inspection, now } = props
  const { delivery, endpoint } = inspection
  const path = `${ENDPOINTS}/${endpoint?.id ?? ''}`
  const steps: Record<NextStep, Child> = {
    due: (
      <>
        The next one is due <Countdown at={delivery.nextAttemptAt} now={now} />.
      </>
    ),
    turn: 'It is sent again when its turn comes.',
    behind: (
      <>
        It is sent once <a href={`${DELIVERIES}/${delivery.waitingFor ?? ''}`}>the one before it</a>{' '}
        was delivered or has ended, and no later than <Time at={delivery.nextAttemptAt} />.
        Redelivering that one sets this one moving; redelivered itself, it waits for nobody.
      </>
    ),
    operator: 'It goes on by itself when the operator lets it.',
    enable: (
      <>
        <a href={path}>Enable it to go on</a>.
      </>
    ),
    enable_and_redeliver: (
      <>
        Its endpoint is disabled: <a href={path}>enable it</a>, then redeliver.
      </>
    ),
    redeliver: 'Once the receiver works again, redeliver.',
    new_event: 'Nothing is left that could be sent again.',
    nothing: 'The endpoint was deleted, so this cannot be sent again.',
  }
  return <>{steps[next]}</>
}

/** The newest failure and when it was, which may be older than the newest attempt. */
export function LastFailure(props: { delivery: Inspection['delivery']; log: NumberedEntry[] }) {
  const { delivery, log } = props
  const { lastError, lastErrorAt } = delivery
  if (lastError === null) return <>None</>
  const at = lastErrorAt ?? failedAt(lastError, log)
  return (
    <>
      {isErrorEarlier(delivery) ? 'Earlier: ' : ''}
      {lastError}
      {at === undefined ? null : (
        <>
          , <Time at={at} />
        </>
      )}
    </>
  )
}

/** When a failure ended of which no instant was kept: that of its last entry. */
function failedAt(error: string, log: NumberedEntry[]): number | undefined {
  const entry = log.findLast((one) => one.error?.message === error)
  return entry && Date.parse(entry.started_at) + entry.duration_ms
}
