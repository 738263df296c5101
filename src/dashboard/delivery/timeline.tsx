// What happened to a delivery, in order, with the time that passed between.
import type { Inspection } from '../../db/views/inspect.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { isHeld } from '../deliveries/status.tsx'
import { Countdown, Time, writeDuration } from '../ui/parts.tsx'
import { describeTrigger, MEANWHILE } from './attempt.tsx'

type Shown = { inspection: Inspection; log: NumberedEntry[]; now: number }

/** The event, each attempt, and what comes next. */
export function Timeline({ inspection, log, now }: Shown) {
  const { createdAt } = inspection.delivery
  return (
    <ol class="timeline">
      <li class="done">
        <span class="what">Event accepted</span>
        <Time at={createdAt} />
      </li>
      {log.map((entry, place) => (
        <Attempted entry={entry} waitMs={waitBefore(log, place, createdAt)} />
      ))}
      <Ending inspection={inspection} log={log} now={now} />
    </ol>
  )
}

function Attempted({ entry, waitMs }: { entry: NumberedEntry; waitMs: number }) {
  const { number, error, started_at: startedAt, duration_ms: durationMs } = entry
  return (
    <>
      {waitMs >= 1000 ? <li class="gap">{writeDuration(waitMs)} later</li> : null}
      <li class={error ? 'failed' : 'ok'}>
        <span class="what">
          <a href={`#attempt-${number}`}>Attempt {number}</a> {describeResult(entry)}
          <span class="sub">
            {describeTrigger(entry)}, took {writeDuration(durationMs)}
            {entry.superseded ? `, but ${MEANWHILE[entry.superseded]}` : ''}
          </span>
        </span>
        <Time at={Date.parse(startedAt)} />
      </li>
    </>
  )
}

function describeResult({ error, response, superseded }: NumberedEntry): string {
  if (error) return error.message
  const status = response ? `HTTP ${response.status}` : 'a success'
  return superseded ? status : `delivered, ${status}`
}

function Ending({ inspection: { delivery, endpoint }, log, now }: Shown) {
  const { status, isManual, nextAttemptAt } = delivery
  if (status === 'exhausted') {
    return (
      <li class="failed last">
        <span class="what">
          Given up{log.length === 0 ? `: ${delivery.lastError ?? ''}` : ''}
          <span class="sub">No automatic attempt follows. It can be redelivered by hand.</span>
        </span>
      </li>
    )
  }
  if (status === 'delivered') return null
  if (isHeld(delivery)) {
    const isDisabled = endpoint?.status === 'disabled'
    return (
      <li class="next last">
        <span class="what">
          {isDisabled ? 'Held while the endpoint is disabled' : 'Waiting for its turn'}
          <span class="sub">
            {isDisabled
              ? 'It goes on when the endpoint is enabled again.'
              : 'The endpoint comes back from a failure, a few deliveries at a time.'}
          </span>
        </span>
      </li>
    )
  }
  return (
    <li class="next last">
      <span class="what">
        Attempt {log.length + 1} <Countdown at={nextAttemptAt} now={now} />
        <span class="sub">{isManual ? 'asked for by hand' : 'automatic'}</span>
      </span>
      <Time at={nextAttemptAt} />
    </li>
  )
}

/** From the end of what came before to the start of this one, in ms. */
function waitBefore(log: NumberedEntry[], place: number, createdAt: number): number {
  const before = log[place - 1]
  const from = before ? Date.parse(before.started_at) + before.duration_ms : createdAt
  const { started_at: startedAt } = log[place] ?? { started_at: '' }
  return Date.parse(startedAt) - from
}
