// The list's filters as they stand in the URL.
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../db/page.ts'
import type { BrowseFilter } from '../../db/views/browse.ts'
import { STATUSES } from '../../db/words.ts'
import { EVENT_TYPES } from '../../webhook/event-types.ts'
import { readId } from '../context.ts'

const HOUR_MS = 3_600_000

/** The ranges of time on offer, in ms back from now. */
export const RANGES = [
  { name: '1h', label: 'Last hour', ms: HOUR_MS },
  { name: '24h', label: 'Last 24 hours', ms: 24 * HOUR_MS },
  { name: '7d', label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
] as const

/** The filters as text, empty where there is none; only values that mean something are in it. */
export type ListQuery = {
  status: string
  endpoint: string
  type: string
  call: string
  range: string
  /** `2026-11-23T12:00`, in UTC. */
  from: string
  to: string
  after: string
  limit: number
}

/** Reads a URL's query; what makes no sense is left out, as if it had not been there. */
export function readQuery(query: Record<string, string>): ListQuery {
  const pick = (name: string, isValid: (value: string) => boolean) => {
    const value = query[name]?.trim() ?? ''
    return isValid(value) ? value : ''
  }
  const limit = Number(query['limit'])
  return {
    status: pick('status', (value) => STATUSES.some((status) => status === value)),
    endpoint: readId(query['endpoint']) ?? '',
    type: pick('type', (value) => EVENT_TYPES.some((type) => type === value)),
    call: readId(query['call']) ?? '',
    range: pick('range', (value) => RANGES.some(({ name }) => name === value)),
    from: pick('from', isInstant),
    to: pick('to', isInstant),
    after: readId(query['after']) ?? '',
    limit: Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT ? limit : DEFAULT_LIMIT,
  }
}

/** What the query asks of the store; a named range counts back from `now`. */
export function toFilter(query: ListQuery, now: number): BrowseFilter {
  const range = RANGES.find(({ name }) => name === query.range)
  const from = range ? now - range.ms : instantOf(query.from)
  return {
    status: STATUSES.find((status) => status === query.status),
    endpointId: query.endpoint || undefined,
    eventType: query.type || undefined,
    callId: query.call || undefined,
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
export function isFiltered({ status, endpoint, type, call, range, from, to }: ListQuery): boolean {
  return [status, endpoint, type, call, range, from, to].some((value) => value !== '')
}

function isInstant(value: string): boolean {
  return !Number.isNaN(Date.parse(`${value}Z`))
}

function instantOf(text: string): number | undefined {
  return text === '' ? undefined : Date.parse(`${text}Z`)
}
