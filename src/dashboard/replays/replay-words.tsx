// Replays in words: what state one is in, and which deliveries it is about.
import type { Child } from 'hono/jsx'
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Replay, ReplayStatus, SkipCause } from '../../db/replays/words.ts'
import type { RangeFilter } from '../../db/walk.ts'
import { ENDPOINTS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { Badge, EndOfId, nameOf, Time, type BadgeKind, writeCount } from '../ui/parts.tsx'

const STATES: Record<ReplayStatus, { kind: BadgeKind; name: string }> = {
  running: { kind: 'wait', name: 'Running' },
  paused: { kind: 'wait', name: 'Paused' },
  completed: { kind: 'ok', name: 'Completed' },
  canceled: { kind: 'plain', name: 'Canceled' },
  failed: { kind: 'bad', name: 'Failed' },
}

/** The state as a badge. */
export function ReplayBadge({ status }: { status: ReplayStatus }) {
  const { kind, name } = STATES[status]
  return <Badge kind={kind}>{name}</Badge>
}

/** Why deliveries were passed over, in words that follow their number. */
export const SKIPPED_BECAUSE: Record<SkipCause, string> = {
  changed: 'had changed since the start: redelivered by hand, or tried again by itself',
  endpoint_disabled: 'because their endpoint is disabled',
  endpoint_deleted: 'because their endpoint was deleted',
  limit_reached: 'were redelivered as often as they can be',
  payload_deleted: 'because their payload was deleted',
  filtered: 'because their endpoint’s filter does not let them through',
}

/** So many deliveries: `1 delivery`, `12,480 deliveries`, `at least 100,000 deliveries`. */
export function writeDeliveries({ total, totalIsExact }: Pick<Replay, 'total' | 'totalIsExact'>) {
  const noun = total === 1 && totalIsExact ? 'delivery' : 'deliveries'
  return `${totalIsExact ? '' : 'at least '}${writeCount(total)} ${noun}`
}

/** What of a replay is behind it: sent, or passed over. */
export function dealtWith({ replayed, skipped }: Pick<Replay, 'replayed' | 'skipped'>): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, replayed)
}

/** An endpoint by its name, leading to its page; one that is gone by the end of its id. */
export function EndpointName({ id, known }: { id: string; known: Map<string, Endpoint> }) {
  const endpoint = known.get(id)
  if (!endpoint) {
    return (
      <>
        endpoint{' '}
        <Copyable what="endpoint id" text={id}>
          <EndOfId id={id} />
        </Copyable>{' '}
        (deleted)
      </>
    )
  }
  return <a href={`${ENDPOINTS}/${id}`}>{nameOf(endpoint)}</a>
}

/** Which deliveries: `Exhausted or pending · to Billing · created from …`. */
export function RangeInWords(props: {
  filter: RangeFilter
  hasMissing: boolean
  known: Map<string, Endpoint>
}) {
  const { filter, hasMissing, known } = props
  const { statuses, endpointId, eventTypes, callId, createdFrom, createdBefore } = filter
  const parts: Child[] = []
  if (statuses) parts.push(capitalize(statuses.join(' or ')))
  else parts.push('Every delivery')
  if (hasMissing) parts.push('and what was missed')
  if (endpointId !== undefined && endpointId !== '') {
    parts.push(
      <>
        to <EndpointName id={endpointId} known={known} />
      </>,
    )
  }
  if (eventTypes) parts.push(eventTypes.join(' or '))
  if (callId !== undefined) {
    parts.push(
      <>
        call <Copyable what="call id" text={callId} />
      </>,
    )
  }
  if (createdFrom !== undefined) parts.push(<Created word="from" at={createdFrom} />)
  if (createdBefore !== undefined) parts.push(<Created word="before" at={createdBefore} />)
  return <span>{parts.map((part, place) => (place === 0 ? part : <> · {part}</>))}</span>
}

function Created({ word, at }: { word: 'from' | 'before'; at: number }) {
  return (
    <>
      created {word} <Time at={at} />
    </>
  )
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
