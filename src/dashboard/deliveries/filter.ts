// The list's filters as they stand in the URL.
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../db/page.ts'
import type { DeliveryFilter } from '../../db/views/deliveries.ts'
import { STATUSES } from '../../db/words.ts'
import { ALL_TYPES, OPERATIONAL } from '../../webhook/event-types.ts'
import { ID, isOneOf, TYPED, type Field } from '../query-fields.ts'
import { instantOf, isInstant, RANGES } from '../ui/time-range.ts'
import { filterOf } from './search.ts'

/** The filters as text, empty where there is none; only values that mean something are in it. */
export type ListQuery = {
  status: string
  endpoint: string
  /** OPERATIONAL, or empty for what is about calls. */
  kind: string
  type: string
  call: string
  /** As it was typed: an id or its beginning, or a host. */
  q: string
  range: string
  /** `2026-11-23T12:00`, in UTC. */
  from: string
  to: string
  after: string
  limit: number
}

const INSTANT: Field = { isValid: isInstant, hint: 'is no time such as 2026-11-23T12:00' }

/** What each name in an address may say. */
export const FIELDS = {
  status: isOneOf(STATUSES),
  endpoint: ID,
  kind: isOneOf([OPERATIONAL]),
  type: isOneOf(ALL_TYPES),
  call: ID,
  q: TYPED,
  range: isOneOf(RANGES.map(({ name }) => name)),
  from: INSTANT,
  to: INSTANT,
  after: ID,
  limit: {
    isValid: (value) => /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_LIMIT,
    hint: `is no number from 1 to ${MAX_LIMIT}`,
  },
} as const satisfies Record<keyof ListQuery, Field>

/** Reads a URL's query; what makes no sense is left out, and is told by `findFaults`. */
export function readQuery(query: Record<string, string>): ListQuery {
  const pick = (name: keyof typeof FIELDS) => {
    const value = query[name]?.trim() ?? ''
    return FIELDS[name].isValid(value) ? value : ''
  }
  const [endpoint, call, after] = (['endpoint', 'call', 'after'] as const).map((name) =>
    pick(name).toLowerCase(),
  )
  return {
    status: pick('status'),
    endpoint: endpoint ?? '',
    kind: pick('kind'),
    type: pick('type'),
    call: call ?? '',
    q: pick('q'),
    range: pick('range'),
    from: pick('from'),
    to: pick('to'),
    after: after ?? '',
    limit: Number(pick('limit')) || DEFAULT_LIMIT,
  }
}

/** What the query asks of the store; a named range counts back from `now`. */
export function toFilter(query: ListQuery, now: number): DeliveryFilter {
  const range = RANGES.find(({ name }) => name === query.range)
  const from = range ? now - range.ms : instantOf(query.from)
  return {
    status: STATUSES.find((status) => status === query.status),
    endpointId: query.endpoint || undefined,
    eventType: query.type || undefined,
    callId: query.kind || query.call || undefined,
    ...filterOf(query.q),
    createdFrom: from,
    createdBefore: range ? undefined : instantOf(query.to),
  }
}

/** The query as a URL has it, with `?`, or nothing; some of it changed first. */
export function writeQuery(query: ListQuery, changes: Partial<ListQuery> = {}): string {
  const { limit, ...texts } = { ...query, ...changes }
  const params = new URLSearchParams(Object.entries(texts).filter(([, value]) => value !== ''))
  if (limit !== DEFAULT_LIMIT) params.set('limit', String(limit))
  return params.size > 0 ? `?${params.toString()}` : ''
}

/** Whether anything narrows the list. */
export function isFiltered(query: ListQuery): boolean {
  const { status, endpoint, kind, type, call, q, range, from, to } = query
  return [status, endpoint, kind, type, call, q, range, from, to].some((value) => value !== '')
}
