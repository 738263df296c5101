// Filters and order at intake: events are judged before they are stored, by what the isolate knows of their org's endpoints.
import type { Fit } from '../db/lifecycle/fit.ts'
import type { NewEvent, StoredEvents } from '../db/lifecycle/accept.ts'
import { findUnmet, readExactly, tryToRead } from '../filter/filter.ts'
import { OPERATIONAL } from '../webhook/event-types.ts'
import type { KnownFilter, World } from '../world.ts'

/** Judges events by the filters that are known. One that is for one endpoint alone, or about none of the org's calls, passes. */
export function judgeFit(
  { isolate }: Pick<World, 'isolate'>,
  orgId: string,
  events: NewEvent[],
): Fit {
  const known = isolate.filters.get(orgId) ?? []
  const judged = known.length > 0 ? events.filter(isFiltered) : []
  const numbers = new Map<string, number>()
  const number = (words: string | undefined): number | null => {
    if (words === undefined) return null
    const one = numbers.get(words) ?? numbers.size
    numbers.set(words, one)
    return one
  }
  return {
    filters: Object.fromEntries(known.map(({ endpointId, text }) => [endpointId, text])),
    places: Object.fromEntries(known.map(({ endpointId }, place) => [endpointId, place])),
    unmet: Object.fromEntries(judged.map((event) => [event.id, judge(event, known).map(number)])),
    words: [...numbers.keys()],
    isOrdered: isolate.ordered.get(orgId) ?? false,
  }
}

/** Keeps in mind what an org's filters are, and whether it has any order; answers whether that was known. */
export function learnFit(
  { filters, ordered }: World['isolate'],
  orgId: string,
  stored: Pick<StoredEvents, 'filters' | 'isOrdered'>,
  known: Pick<Fit, 'isOrdered'>,
): boolean {
  if (stored.isOrdered !== known.isOrdered) ordered.set(orgId, stored.isOrdered)
  if (stored.filters.length > 0) {
    const all = stored.filters.map(({ endpointId, filter: text }) => ({
      endpointId,
      text,
      filter: tryToRead(text),
    }))
    filters.set(orgId, all)
  }
  return stored.filters.length === 0 && (known.isOrdered || !stored.isOrdered)
}

function isFiltered({ endpointId, callId }: NewEvent): boolean {
  return endpointId === undefined && callId !== OPERATIONAL
}

/** By filter the words of the condition that does not hold, if one does not. */
function judge({ call: text }: NewEvent, known: KnownFilter[]): (string | undefined)[] {
  const call = readExactly(text)
  return known.map(({ filter }) => filter && findUnmet(filter, call))
}
