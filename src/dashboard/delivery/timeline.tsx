// What happened to a delivery, in order, with the time that passed between.
import type { Inspection } from '../../db/views/inspect.ts'
import type { ParkedAs } from '../../db/words.ts'
import type { NumberedEntry } from '../../delivery/attempt/log.ts'
import { DELIVERIES } from '../context.ts'
import { writeDuration } from '../ui/durations.ts'
import { Countdown, Time } from '../ui/parts.tsx'
import { stopOf } from '../ui/stopped.tsx'
import { MEANWHILE, Trigger } from './attempt.tsx'

type Happened = { inspection: Inspection; log: NumberedEntry[]; now: number }

/** The event, each attempt, and what comes next. */
export function Timeline({ inspection, log, now }: Happened) {
  const { createdAt } = inspection.delivery
  return (
    <ol class="timeline">
      <li class="done">
        <span class="what">Event accepted</span>
        <Time at={createdAt} />
      </li>
      {log.map((entry, place) => (
        <AttemptLine entry={entry} waitMs={waitBefore(log, place, createdAt)} />
      ))}
      <Ending inspection={inspection} log={log} now={now} />
    </ol>
  )
}

function AttemptLine({ entry, waitMs }: { entry: NumberedEntry; waitMs: number }) {
  const { number, error, started_at: startedAt, duration_ms: durationMs } = entry
  return (
    <>
      {waitMs >= 1000 ? <li class="gap">{writeDuration(waitMs)} later</li> : null}
      <li class={error ? 'failed' : 'ok'}>
        <span class="what">
          <a href={`#attempt-${number}`}>Attempt {number}</a> {describeResult(entry)}
          <span class="sub">
            <Trigger entry={entry} />, took {writeDuration(durationMs)}
            {entry.superseded ? `, but ${MEANWHILE[entry.superseded]}` : ''}
            <Overtaken entry={entry} />
          </span>
        </span>
        <Time at={Date.parse(startedAt)} />
      </li>
    </>
  )
}

/** It had waited for as long as it may. */
function Overtaken({ entry: { overtook } }: { entry: NumberedEntry }) {
  if (overtook === undefined) return null
  return (
    <>
      , overtook <a href={`${DELIVERIES}/${overtook}`}>the one before it</a> of its call: it had
      waited for as long as it may
    </>
  )
}

function describeResult({ error, response, superseded }: NumberedEntry): string {
  if (error) return error.message
  const status = response ? `HTTP ${response.status}` : 'a success'
  return superseded ? status : `delivered, ${status}`
}

function Ending({ inspection: { delivery, endpoint }, log, now }: Happened) {
  const { status, isManual, nextAttemptAt, url, payloadDeletedAt } = delivery
  const parkedAs = stopOf(url) ? 'stopped' : delivery.parkedAs
  if (status === 'exhausted') {
    return (
      <li class="failed last">
        <span class="what">
          Given up{log.length === 0 ? `: ${delivery.lastError ?? ''}` : ''}
          <span class="sub">
            {payloadDeletedAt === null
              ? 'No automatic attempt follows. It can be redelivered by hand.'
              : 'No attempt follows: its payload was deleted, so there is nothing to send.'}
          </span>
        </span>
      </li>
    )
  }
  if (status === 'delivered') return null
  if (parkedAs !== null)
    return <Parked as={parkedAs} maxPerSecond={endpoint?.maxPerSecond ?? null} />
  if (delivery.waitingFor !== null) return <Behind front={delivery.waitingFor} at={nextAttemptAt} />
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

/** It waits for another of its call. */
function Behind({ front, at }: { front: string; at: number }) {
  return (
    <li class="next last">
      <span class="what">
        Waits for <a href={`${DELIVERIES}/${front}`}>the one before it</a> of its call
        <span class="sub">Until that was delivered or has ended, and no later than</span>
      </span>
      <Time at={at} />
    </li>
  )
}

function Parked({ as, maxPerSecond }: { as: ParkedAs; maxPerSecond: number | null }) {
  const isByPace = as === 'paced' && maxPerSecond !== null
  const { what, next } = isByPace ? waitAt(maxPerSecond) : WAITS[as]
  return (
    <li class="next last">
      <span class="what">
        {what}
        <span class="sub">{next}</span>
      </span>
    </li>
  )
}

function waitAt(maxPerSecond: number): { what: string; next: string } {
  const most = maxPerSecond === 1 ? 'one request' : `${maxPerSecond} requests`
  const next = `Its endpoint takes ${most} a second at most: what waits goes one after the other, what was never attempted first.`
  return { what: 'Paced: it waits its turn', next }
}

/** What a parked delivery does, and how it goes on. */
const WAITS: Record<ParkedAs, { what: string; next: string }> = {
  held: {
    what: 'Held while the endpoint is disabled',
    next: 'It goes on when the endpoint is enabled again.',
  },
  stopped: {
    what: 'Stopped by the operator',
    next: 'It goes on by itself when the operator lets it.',
  },
  paced: {
    what: 'Paced: it waits its turn',
    next: 'What waits for this endpoint is sent a few at a time, oldest first.',
  },
  offered: {
    what: 'Offered to whoever listens',
    next: 'It goes on when somebody listens to this endpoint on the command line.',
  },
}

/** From the end of what came before to the start of this one, in ms. */
function waitBefore(log: NumberedEntry[], place: number, createdAt: number): number {
  const before = log[place - 1]
  const from = before ? Date.parse(before.started_at) + before.duration_ms : createdAt
  const { started_at: startedAt } = log[place] ?? { started_at: '' }
  return Date.parse(startedAt) - from
}
