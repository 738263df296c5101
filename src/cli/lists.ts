// What lists and ranges of deliveries have in common: the flags that narrow them down, and those of a page.
import type { Output } from './output.ts'
import { EVENT_KIND, ANY_EVENT_TYPE, ID, INSTANT, STATUS, WHOLE_NUMBER } from './values.ts'

/** Which deliveries. */
export const FILTER = {
  endpoint: { type: 'string', takes: ID, description: 'Only of this endpoint' },
  call: { type: 'string', takes: ID, description: 'Only about this call' },
  type: { type: 'string', takes: ANY_EVENT_TYPE, description: 'Only of this event type' },
  kind: {
    type: 'string',
    takes: EVENT_KIND,
    description: 'operational: only those about the service itself',
  },
  status: {
    type: 'string',
    takes: STATUS,
    description: 'pending, delivered, or exhausted, which is what failed for good',
  },
  since: {
    type: 'string',
    takes: INSTANT,
    description: 'Created then or later: 2026-04-15T14:30:50Z',
  },
  until: { type: 'string', takes: INSTANT, description: 'Created before then' },
} as const

/** Which page of a list. */
export const PAGE = {
  limit: { type: 'string', takes: WHOLE_NUMBER, description: 'At most so many', default: '20' },
  after: { type: 'string', takes: ID, description: 'Go on behind this id' },
} as const

/** The filter as the API has it. */
export function toFilter(flags: { [Name in keyof typeof FILTER]?: string | undefined }) {
  const { endpoint, call, type, kind, status, since, until } = flags
  const when = { created_after: since, created_before: until }
  return { endpoint_id: endpoint, call_id: call, event_type: type, kind, status, ...when }
}

/** Says where a list goes on, if it does. */
export function noteMore(
  out: Output,
  { next_starting_after: next }: { next_starting_after?: unknown },
) {
  if (typeof next === 'string') out.note(`More: --after ${next}`)
}
