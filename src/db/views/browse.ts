// Deliveries as a person looks through them: also by event type, and a few at a time by their ids.
import { sql } from 'drizzle-orm'
import type { Database } from '../client.ts'
import type { Page } from '../page.ts'
import { ANY_STATUS, parkedAs, type DeliveryStatus } from '../words.ts'
import { listShown, type DeliveryFilter, type ListedDelivery } from './deliveries.ts'

/** A filter that also has what no index knows. */
export type BrowseFilter = DeliveryFilter & { eventType?: string | undefined }

/** A page; `nextAfter` is the cursor of the next one, undefined at the end. */
export type BrowsePage = {
  rows: ListedDelivery[]
  nextAfter: string | undefined
  /** The instant in Unix ms down to which was searched, when that was cut short. */
  searchedTo: number | undefined
}

/** Rows read in one round trip of a search, and round trips of one search: 1,000 rows at most. */
const ROUND_SIZE = 200
const MAX_ROUNDS = 5

/**
 * One page, newest first. A search for an event type, which no index helps, reads a bounded number of
 * rows and then says how far it came.
 */
export async function browseDeliveries(
  db: Database,
  orgId: string,
  filter: BrowseFilter,
  page: Page,
): Promise<BrowsePage> {
  const { eventType, ...indexed } = filter
  if (eventType) return search(db, orgId, indexed, eventType, page)
  const { rows, hasMore } = await listShown(db, orgId, indexed, page)
  return { rows, nextAfter: hasMore ? rows.at(-1)?.id : undefined, searchedTo: undefined }
}

/** What a list shows of a delivery that may have changed since. */
export type DeliveryNow = Pick<
  ListedDelivery,
  | 'id'
  | 'attemptCount'
  | 'manualRetryCount'
  | 'nextAttemptAt'
  | 'parkedAs'
  | 'lastError'
  | 'lastResponseStatus'
  | 'updatedAt'
> & { status: DeliveryStatus }

/** The present state of some deliveries of an org; ids that are not there are left out. */
export function listByIds(db: Database, orgId: string, ids: string[]): Promise<DeliveryNow[]> {
  return db.all<DeliveryNow>(sql`
    SELECT d.id, d.status, d.attempt_count AS "attemptCount",
      d.manual_retry_count AS "manualRetryCount", d.next_attempt_at AS "nextAttemptAt",
      ${parkedAs()} AS "parkedAs", d.last_error AS "lastError",
      d.last_response_status AS "lastResponseStatus", d.updated_at AS "updatedAt"
    FROM json_each(${JSON.stringify(ids)}) wanted CROSS JOIN deliveries d
    WHERE d.org_id = ${orgId} AND d.status IN ${ANY_STATUS}
      AND d.id = wanted.value`)
}

async function search(
  db: Database,
  orgId: string,
  filter: DeliveryFilter,
  eventType: string,
  { startingAfter, limit }: Page,
): Promise<BrowsePage> {
  const found: ListedDelivery[] = []
  let last: ListedDelivery | undefined
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const page = { startingAfter: last?.id ?? startingAfter, limit: ROUND_SIZE }
    const { rows, hasMore } = await listShown(db, orgId, filter, page)
    found.push(...rows.filter((row) => row.eventType === eventType))
    if (found.length > limit || !hasMore) {
      const shown = found.slice(0, limit)
      const nextAfter = found.length > limit ? shown.at(-1)?.id : undefined
      return { rows: shown, nextAfter, searchedTo: undefined }
    }
    last = rows.at(-1)
  }
  return { rows: found, nextAfter: last?.id, searchedTo: last?.createdAt }
}
