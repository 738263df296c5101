// An endpoint's state in words: which word, colour and sentence it has is decided here, and nowhere else.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Condition } from '../../db/views/conditions.ts'
import type { BadgeKind } from './parts.tsx'

/** What of an endpoint its words are made of. */
export type EndpointFacts = Pick<Endpoint, 'status' | 'disabledReason'> &
  Partial<Pick<Endpoint, 'maxPerSecond'>>

/** A state: its badge, and what is to be known about it, if anything is. */
export type EndpointState = { kind: BadgeKind; name: string; sentence?: string }

const CONDITIONS: Record<Condition, EndpointState> = {
  well: { kind: 'ok', name: 'Enabled' },
  slow: {
    kind: 'wait',
    name: 'Slow',
    sentence: 'It answers, but takes more than a second. That is no failure.',
  },
  failing: {
    kind: 'bad',
    name: 'Failing',
    sentence: 'Its last attempt failed. What fails is tried again, later each time.',
  },
  trying: {
    kind: 'wait',
    name: 'Trying',
    sentence:
      'Nothing has come back from it since it was enabled or changed. What waits for it is sent within a minute, one at a time at first.',
  },
  recovering: {
    kind: 'wait',
    name: 'Recovering',
    sentence: 'What has waited for it is sent a few at a time, oldest first.',
  },
}

/** Disabled, whoever has done it, or else how its attempts go. */
export function stateOf(endpoint: EndpointFacts, condition: Condition): EndpointState {
  const { maxPerSecond = null } = endpoint
  if (endpoint.status === 'enabled') {
    return condition === 'recovering' && maxPerSecond !== null
      ? pacedAt(maxPerSecond)
      : CONDITIONS[condition]
  }
  return { kind: isDisabledByUs(endpoint) ? 'bad' : 'plain', name: 'Disabled' }
}

/** It works off what waits for it, and at its own pace, whatever else has made it wait. */
function pacedAt(maxPerSecond: number): EndpointState {
  const sentence = `What waits for it is sent, at most ${maxPerSecond} a second, what was never attempted first.`
  return { kind: 'wait', name: 'Paced', sentence }
}

/** Whether it was us who disabled the endpoint, and not a person. */
export function isDisabledByUs({ status, disabledReason }: EndpointFacts): boolean {
  return status === 'disabled' && disabledReason === 'too_many_failures'
}
