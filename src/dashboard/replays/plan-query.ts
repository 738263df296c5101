// What a replay is asked for with, as it stands in the URL of its plan and in the form that starts it.
import { REPLAY_RATE } from '../../account/schema.ts'
import type { RangeFilter } from '../../db/walk.ts'
import { RECIPIENTS, STATUSES, type DeliveryStatus, type Recipient } from '../../db/words.ts'
import type { ReplayRequest } from '../../delivery/replay/start.ts'
import { EVENT_TYPES } from '../../webhook/event-types.ts'
import { cutText } from '../../errors.ts'
import { readId, REPLAYS } from '../context.ts'
import { findRateFault, findReasonFault } from '../fields.ts'
import { instantOf, isInstant, RANGES, writeInstant } from '../ui/time-range.ts'

/** Characters of what makes no sense that are told. */
const MAX_TOLD = 80

/** The filter and the terms, as text where they may be left out: empty then. */
export type PlanQuery = {
  statuses: DeliveryStatus[]
  endpoint: string
  types: string[]
  call: string
  /** `2026-11-23T12:00`, in UTC. */
  from: string
  to: string
  /** Also what endpoints have missed; `missing=true`. */
  missing: 'true' | ''
  ratePerSecond: number
  recipient: Recipient | ''
  reason: string
  /** Of one plan: however often it is sent, it starts one replay. Empty where there is none yet. */
  token: string
}

/** What was read, and what is wrong with the rest, which was left out. */
export type ReadPlan = {
  query: PlanQuery
  faults: string[]
  /** Nothing of the filter was left out: less of it would be more deliveries. */
  isWhole: boolean
}

/** Reads a URL's query, or a form's fields. */
export function readPlan(params: URLSearchParams): ReadPlan {
  const faults: string[] = []
  const several = (name: string, read: (text: string) => string | undefined) => {
    const given = params.getAll(name).filter((text) => text.trim() !== '')
    const known = given.map((text) => read(text.trim())).filter((text) => text !== undefined)
    if (known.length < given.length)
      faults.push(`${name}: ${tellUnread(given, read)} makes no sense`)
    return [...new Set(known)]
  }
  const one = (name: string, read: (text: string) => string | undefined) =>
    several(name, read)[0] ?? ''
  const chosen = {
    statuses: several('status', among(STATUSES)),
    types: several('type', among(EVENT_TYPES)),
  }
  // What counts back from now is an instant by the time that there is a plan: what is left of it is none.
  several('range', among([]))
  faults.push(...unknownNames(params), ...repeatedNames(params))
  const query = {
    statuses: STATUSES.filter((status) => chosen.statuses.includes(status)),
    types: EVENT_TYPES.filter((type) => chosen.types.includes(type)),
    endpoint: one('endpoint', readId),
    call: one('call', readId),
    from: one('from', readInstant),
    to: one('to', readInstant),
    missing: one('missing', among(['true'])) === 'true' ? ('true' as const) : ('' as const),
    recipient:
      RECIPIENTS.find((word) => word === one('recipient', among(RECIPIENTS))) ?? ('' as const),
    token: one('token', readId),
  }
  const isWhole = faults.length === 0
  const all = { ...query, ...readTerms(params, faults) }
  if (isReversed(all)) faults.push('to: is before from, so nothing matches')
  return { query: all, faults, isWhole }
}

const NAMES = new Set(
  'status type endpoint call from to range missing recipient rate reason token'.split(' '),
)

/** Those that may be given more than once. */
const OFTEN = new Set(['status', 'type'])

function unknownNames(params: URLSearchParams): string[] {
  const unknown = [...new Set(params.keys())].filter((name) => !NAMES.has(name))
  return unknown.map((name) => `“${cutText(name, MAX_TOLD)}” is no filter of a replay`)
}

function repeatedNames(params: URLSearchParams): string[] {
  const repeated = [...NAMES].filter(
    (name) =>
      !OFTEN.has(name) && params.getAll(name).filter((text) => text.trim() !== '').length > 1,
  )
  return repeated.map((name) => `${name}: is given more than once`)
}

function tellUnread(given: string[], read: (text: string) => string | undefined): string {
  const unread = given.filter((text) => read(text.trim()) === undefined)
  return unread.map((text) => `“${cutText(text, MAX_TOLD)}”`).join(', ')
}

function readTerms(params: URLSearchParams, faults: string[]) {
  const rate = params.get('rate')?.trim() || String(REPLAY_RATE.usual)
  const reason = params.get('reason')?.trim() ?? ''
  const [rateFault, reasonFault] = [findRateFault(rate), findReasonFault(reason)]
  faults.push(...[rateFault, reasonFault].filter((fault) => fault !== undefined))
  return { ratePerSecond: rateFault === undefined ? Number(rate) : REPLAY_RATE.usual, reason }
}

function among(words: readonly string[]): (text: string) => string | undefined {
  return (text) => words.find((word) => word === text)
}

function readInstant(text: string): string | undefined {
  return isInstant(text) ? text : undefined
}

function isReversed({ from, to }: PlanQuery): boolean {
  return (instantOf(from) ?? 0) > (instantOf(to) ?? Infinity)
}

/**
 * The URL of the same plan with a token of its own, by which the page is found again, by Back too; a range that
 * counts back from now begins at an instant from here on, so that it is the same range when it is started.
 */
export function settledUrl(given: URLSearchParams, now: number): string {
  const params = new URLSearchParams(given)
  const [asked, ...others] = given.getAll('range')
  const range = others.length === 0 ? RANGES.find(({ name }) => name === asked) : undefined
  if (range) {
    params.delete('range')
    params.set('from', writeInstant(now - range.ms))
    params.delete('to')
  }
  params.set('token', crypto.randomUUID())
  return `${REPLAYS}/new?${params.toString()}`
}

/** The filter's fields. */
export function writeRange(query: Partial<PlanQuery>): [name: string, value: string][] {
  const { statuses = [], types = [], endpoint = '', call = '', from = '', to = '' } = query
  const { missing = '' } = query
  const several = [
    ...statuses.map((status): [string, string] => ['status', status]),
    ...types.map((type): [string, string] => ['type', type]),
  ]
  return [...several, ...present({ endpoint, call, from, to, missing })]
}

/** The other fields but the token. */
export function writeTerms(query: Partial<PlanQuery>): [name: string, value: string][] {
  const { ratePerSecond: rate = REPLAY_RATE.usual, recipient = '', reason = '' } = query
  return present({ rate: rate === REPLAY_RATE.usual ? '' : String(rate), recipient, reason })
}

function present(fields: Record<string, string>): [name: string, value: string][] {
  return Object.entries(fields).filter(([, value]) => value !== '')
}

/** Which deliveries are asked for. */
export function toRange(query: PlanQuery): RangeFilter {
  const { statuses, types, endpoint, call, from, to } = query
  return {
    endpointId: endpoint || undefined,
    statuses: statuses.length > 0 ? statuses : undefined,
    eventTypes: types.length > 0 ? types : undefined,
    callId: call || undefined,
    createdFrom: instantOf(from),
    createdBefore: instantOf(to),
  }
}

/** The replay that is asked for; where it goes is each delivery's own URL unless something else was chosen. */
export function toReplayRequest(query: PlanQuery): ReplayRequest {
  return {
    filter: toRange(query),
    hasMissing: query.missing === 'true',
    ratePerSecond: query.ratePerSecond,
    recipient: query.recipient || 'original',
    copiesTo: null,
    reason: query.reason || null,
  }
}
