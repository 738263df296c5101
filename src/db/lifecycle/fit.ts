// Filters at fan-out: the code judges events by the filters that it knows, and the transaction holds it to those that are.
import { sql, type SQL } from 'drizzle-orm'

/**
 * What events were judged by, and what came of it: the text of each endpoint's filter, and its place among them; by
 * event and place the number of the condition that did not hold, null where all did; and by number its words. A hundred
 * events and a hundred filters have as many numbers as words would be too long for a parameter (R5).
 */
export type Fit = {
  filters: Record<string, string>
  places: Record<string, number>
  unmet: Record<string, (number | null)[]>
  words: string[]
  /** Whether any endpoint is known to get the events of a call in order: what is stored lines up then. */
  isOrdered: boolean
}

/** An endpoint's filter, as it is. */
export type StoredFilter = { endpointId: string; filter: string }

/** SQL condition: an endpoint has a filter that the events were not judged by. Where none has one, it reads no row. */
export function isUnjudged(orgId: string, { filters }: Fit): SQL {
  return sql`EXISTS (SELECT 1 FROM endpoints ep INDEXED BY endpoints_filtered
    WHERE ep.org_id = ${orgId} AND ep.filter IS NOT NULL
    AND ep.filter IS NOT ${JSON.stringify(filters)}->>ep.id)`
}

/** SQL: the org's filters, where the events were not judged by all of them. */
export function selectFilters(orgId: string, fit: Fit): SQL {
  return sql`SELECT ep.id AS "endpointId", ep.filter FROM endpoints ep INDEXED BY endpoints_filtered
    WHERE ep.org_id = ${orgId} AND ep.filter IS NOT NULL AND ${isUnjudged(orgId, fit)}`
}

/**
 * SQL expression: the condition of the filter of the endpoint `ep` that did not hold for the event `e`; NULL where the
 * filter lets it through, and where there is none. What is meant for an endpoint by name goes by no filter.
 */
export function unmetOf({ places, unmet, words }: Fit): SQL {
  const number = sql`${JSON.stringify(unmet)}->(e.value->>'id')->>(${JSON.stringify(places)}->>ep.id)`
  return sql`iif(ep.filter IS NULL, NULL, ${JSON.stringify(words)}->>(${number}))`
}
