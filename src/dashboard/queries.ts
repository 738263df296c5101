// What each page of the dashboard may be asked for in its address: one table, and anything else is refused.
import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { SCOPES } from '../account/scopes.ts'
import { RECIPIENTS } from '../db/words.ts'
import { ALL_TYPES, OPERATIONAL } from '../webhook/event-types.ts'
import type { DashboardEnv, PageContext } from './context.ts'
import { findFaults, ID, isLike, isOneOf, several, TYPED, type Fields } from './query-fields.ts'
import { pathBelow } from './scopes.ts'

/** Its page judges by itself, as it shows what is wrong beside its own form, or in the place of a file. */
const BY_ITS_PAGE = 'by its page'

/** What an open page brings along when it looks for news, and what makes a form act once. */
const SEEN: Fields = { seen: isLike(/^[\w.]{1,200}$/, 'is nothing that a page has seen') }
const ONCE: Fields = { token: ID }

const DAYS: Fields = { days: isOneOf(['1', '7']) }
const PAGED: Fields = { after: ID }
const ATTEMPT = isLike(/^\d{1,6}$/, 'is no number of an attempt')
const OVERLAP: Fields = {
  overlap: isLike(/^\d{1,9}$/, 'is no number of seconds'),
  ...ONCE,
}

/** What was done, for the page that is shown after it. */
const done = (...words: string[]): Fields => ({ done: isOneOf(words) })

/** A selection of the list of deliveries, which goes along with the button of a row as well. */
const SELECTION: Fields = {
  id: several(ID),
  back: TYPED,
  to: isOneOf(RECIPIENTS),
  ...ONCE,
}

/** The form of an endpoint, as it comes back to who had to sign in before it was saved. */
const ENDPOINT: Fields = {
  url: TYPED,
  description: TYPED,
  which: isOneOf(['all', 'some']),
  max_per_second: TYPED,
  ordering: isOneOf(['call']),
  ordering_max_wait: TYPED,
  external_id: TYPED,
  metadata: TYPED,
  events: several(isOneOf(ALL_TYPES)),
  ...ONCE,
}

/** By the path below /dashboard. A route that is not here takes nothing. */
export const QUERY_OF: Readonly<Record<string, Fields | typeof BY_ITS_PAGE>> = {
  'GET /': { ...DAYS, ...SEEN },
  'GET /deliveries': BY_ITS_PAGE,
  'GET /deliveries/live': BY_ITS_PAGE,
  'GET /deliveries/export': BY_ITS_PAGE,
  'GET /deliveries/redeliver': SELECTION,
  'GET /deliveries/:id': { a: ATTEMPT, b: ATTEMPT, ...SEEN },
  'GET /deliveries/:id/body': {},
  'GET /deliveries/:id/redeliver': SELECTION,
  'GET /events': { call: ID, kind: isOneOf([OPERATIONAL]), ...PAGED },
  'GET /events/:id': SEEN,
  'GET /events/:id/forget': ONCE,
  'GET /replays': PAGED,
  'GET /replays/new': BY_ITS_PAGE,
  'GET /replays/:id': {
    ...PAGED,
    ...SEEN,
    looks: isLike(/^[\d.,]{1,100}$/, 'is nothing that a page has seen'),
    ...done('started', 'again', 'paused', 'running', 'canceled', 'rate'),
  },
  'GET /replays/:id/rate': { rate: TYPED, ...ONCE },
  'GET /replays/:id/pause': ONCE,
  'GET /replays/:id/resume': ONCE,
  'GET /replays/:id/cancel': ONCE,
  'GET /endpoints': { ...SEEN, ...done('deleted') },
  'GET /endpoints/new': ENDPOINT,
  'GET /endpoints/:id': { ...ENDPOINT, ...DAYS, ...SEEN, ...done('saved', 'enabled', 'disabled') },
  'GET /endpoints/:id/change': ENDPOINT,
  'GET /endpoints/:id/status': { status: isOneOf(['enabled', 'disabled']), ...ONCE },
  'GET /endpoints/:id/dismiss': { disabled_at: isLike(/^\d{1,16}$/, 'is no instant') },
  'GET /endpoints/:id/rotate': OVERLAP,
  'GET /endpoints/:id/test': { type: isOneOf(ALL_TYPES), payload: TYPED, ...ONCE },
  'GET /endpoints/:id/headers': {},
  'GET /endpoints/:id/check': {},
  'GET /endpoints/:id/notes': { external_id: TYPED, metadata: TYPED },
  'GET /endpoints/:id/filter': { filter: TYPED, act: isOneOf(['try', 'save']) },
  'GET /endpoints/:id/delete': ONCE,
  'GET /settings': { ...SEEN, ...done('revoked', 'ended') },
  'GET /settings/audit-log': PAGED,
  'GET /settings/keys': {
    name: TYPED,
    mode: isOneOf(['live', 'test']),
    days: isLike(/^\d{1,5}$/, 'is no number of days'),
    scopes: several(isOneOf(SCOPES)),
    ...ONCE,
  },
  'GET /settings/keys/:id/revoke': ONCE,
  'GET /settings/secret/reveal': ONCE,
  'GET /settings/secret/rotate': OVERLAP,
  'GET /settings/sessions/:id/end': ONCE,
}

/** Names that pages use among themselves. */
const UNTOLD = new Set(['seen', 'looks', 'done', 'token', 'back', 'disabled_at'])

/** What is wrong with an address, and the names that a person may use there. */
export type OddQuery = { faults: string[]; known: string[] }

/** Lets through what the table knows, by the very route that is going to be run; `answer` tells what it does not. */
export function requireKnownQuery(
  answer: (c: PageContext, odd: OddQuery) => Response | Promise<Response>,
): MiddlewareHandler<DashboardEnv> {
  return async function isKnown(c, next) {
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL')
    if (route?.method !== 'GET') return next()
    const fields = QUERY_OF[`GET ${pathBelow(route.path)}`] ?? {}
    if (fields === BY_ITS_PAGE) return next()
    const faults = findFaults(new URL(c.req.url).searchParams, fields)
    if (faults.length === 0) return next()
    return answer(c, { faults, known: Object.keys(fields).filter((name) => !UNTOLD.has(name)) })
  }
}
