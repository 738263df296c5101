// What a filter would have let through, had it been there: before somebody relies on it.
import { findEndpoint } from '../db/account/endpoints.ts'
import { readCalls } from '../db/stored-calls.ts'
import { listEvents, type ListedEvent } from '../db/views/events.ts'
import { notFound } from '../errors.ts'
import { findUnmet, readExactly, readFilter } from '../filter/filter.ts'
import { takes } from '../webhook/event-types.ts'
import type { World } from '../world.ts'

/** The newest events that are tried. */
const TRIED = 100

/** An event, and why the endpoint would not have got it; undefined: it would have. */
export type TriedEvent = {
  event: Pick<ListedEvent, 'id' | 'type' | 'callId' | 'created'>
  reason: 'not_subscribed' | 'filtered' | 'not_read' | undefined
  /** The condition that did not hold. */
  message?: string | undefined
}

/**
 * Tries a filter, its stored text, with the newest events about calls, newest first. Of calls that are many megabytes
 * together, or deleted, it is not known (`not_read`). @throws AppError `not_found`.
 */
export async function tryFilter(
  { store }: Pick<World, 'store'>,
  orgId: string,
  endpointId: string,
  text: string | null,
): Promise<TriedEvent[]> {
  const db = store.of(orgId)
  const [endpoint, { rows: events }] = await Promise.all([
    findEndpoint(db, orgId, endpointId),
    listEvents(db, orgId, {}, { limit: TRIED }),
  ])
  if (!endpoint) throw notFound('endpoint')
  const calls = await readCalls(db, orgId, events)
  const filter = text === null ? undefined : readFilter(text)
  return events.map((event) => {
    if (!takes(endpoint.enabledEvents, event.type)) return { event, reason: 'not_subscribed' }
    const call = calls.get(event.id)
    if (call === undefined || call === null) return { event, reason: 'not_read' }
    const message = filter && findUnmet(filter, readExactly(call))
    return { event, message, reason: message === undefined ? undefined : 'filtered' }
  })
}
