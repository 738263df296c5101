// Pages of an org's endpoints, oldest first: where other lists begin these end.
import { and, eq } from 'drizzle-orm'
import type { Endpoint } from '../account/endpoints.ts'
import type { Database } from '../client.ts'
import { isBeyondCursor, nearestFirst, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { endpoints } from '../schema.ts'

/** Which of an org's endpoints; all that is given holds. */
export type EndpointFilter = {
  status?: Endpoint['status'] | undefined
  url?: string | undefined
  externalId?: string | undefined
}

/** One page of the org's endpoints, oldest first, in one round trip. */
export async function pageEndpoints(
  db: Database,
  orgId: string,
  { status, url, externalId }: EndpointFilter,
  { limit, startingAfter = '', endingBefore }: Page,
): Promise<Paged<Endpoint>> {
  const page =
    endingBefore === undefined
      ? { limit, endingBefore: startingAfter }
      : { limit, startingAfter: endingBefore }
  const isAsked = [
    status && eq(endpoints.status, status),
    url === undefined ? undefined : eq(endpoints.url, url),
    externalId === undefined ? undefined : eq(endpoints.externalId, externalId),
  ]
  const read = await db
    .select()
    .from(endpoints)
    .where(and(eq(endpoints.orgId, orgId), isBeyondCursor(endpoints.id, page), ...isAsked))
    .orderBy(nearestFirst(endpoints.id, page))
    .limit(rowsToRead(page))
  const found = toPage(read, page)
  return { ...found, rows: found.rows.toReversed() }
}
