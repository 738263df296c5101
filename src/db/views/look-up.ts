// A search that no index serves: a bounded number of rows is read, and what is found among them is looked up.
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { instantOf } from '../ids.ts'
import { waitingFor } from '../ordering/waits.ts'
import { MAX_READ, rowsToRead, toPage, type Page, type Paged } from '../page.ts'
import { deliveries } from '../schema.ts'
import {
  DELIVERY_COLUMNS,
  parkedAs,
  STAGES,
  type Delivery,
  type ParkedAs,
  type LinedUp,
} from '../words.ts'

/** A delivery as a person is shown it, in a list or by itself. */
export type ListedDelivery = Delivery & LinedUp & { parkedAs: ParkedAs | null }

/** What a person is shown of one. */
export const SHOWN = {
  ...DELIVERY_COLUMNS,
  parkedAs: parkedAs('deliveries').as('parked_as'),
  waitingFor: waitingFor('deliveries').as('waiting_for'),
}

/** The same for whoever does not ask how it is parked, which costs a row. */
export const PLAIN = {
  ...DELIVERY_COLUMNS,
  parkedAs: sql<ParkedAs | null>`NULL`.as('parked_as'),
  waitingFor: waitingFor('deliveries').as('waiting_for'),
}

/** A page, and the instant in Unix ms down to which was read, where that was cut short. */
export type SearchedPage<Row> = Paged<Row> & { searchedTo: number | undefined }

/**
 * A search: `source` is a subquery for at most `most` rows with `stage` and `id`, nearest to the cursor first, of which
 * `isFound` tells those that are meant.
 */
export type Search = { source: SQL; isFound: SQL; most: number; columns: typeof SHOWN }

/** What a search has found, once for each of them: how many rows it has seen, up to which, and the delivery. */
type Found = { seen: number; furthest: string | null; delivery: ListedDelivery | null }

/** Characters of a place in a JSON list: its stage's first, its id's 36, and `","` behind it but for the last. */
const PLACE = 40

/**
 * A page of what is found, in one statement, which is looked up once it is known which: so the rows that are not meant
 * are no more than looked at.
 */
export async function lookUp(
  db: Database,
  orgId: string,
  { source, isFound, most, columns }: Search,
  page: Page,
): Promise<SearchedPage<ListedDelivery>> {
  const furthest = page.endingBefore === undefined ? sql`min(id)` : sql`max(id)`
  const found: Found[] = await db
    .select({
      seen: sql<number>`seen`,
      furthest: sql<string | null>`furthest`,
      delivery: columns,
    })
    .from(
      sql`(SELECT count(*) AS seen, ${furthest} AS furthest,
          group_concat(substr(stage, 1, 1) || id, '","') FILTER (WHERE ${isFound}) AS found
          FROM ${source})
        LEFT JOIN json_each('["' || substr(found, 1, ${PLACE * rowsToRead(page) - 3}) || '"]') AS one`,
    )
    .leftJoin(deliveries, isAt(orgId, sql`one.value`))
  const rows = found.flatMap(({ delivery }) => delivery ?? [])
  const [about] = found
  const cutAt = about && about.seen === most ? (about.furthest ?? undefined) : undefined
  const paged = toPage(rows, page, cutAt)
  const isCut = cutAt !== undefined && paged.next === cutAt
  return { ...paged, searchedTo: isCut ? instantOf(cutAt) : undefined }
}

/**
 * Rows that a search may read. Those that are shown are read twice more, from the list and by its ids. Of an endpoint
 * each is a row of its index and its own, of a call maybe an event's and its own: then it is not plain.
 */
export function rowsToSearch(isPlain: boolean, page: Page): number {
  return Math.floor((MAX_READ - 2 * rowsToRead(page)) / (isPlain ? 1 : 2))
}

// An IN of all stages would be four rows more for each.
function isAt(orgId: string, place: SQL): SQL {
  const stage = sql.join(
    STAGES.map((one) => sql`WHEN ${one.charAt(0)} THEN ${one}`),
    sql` `,
  )
  return sql`${deliveries.stage} = CASE substr(${place}, 1, 1) ${stage} END
    AND ${deliveries.orgId} = ${orgId} AND ${deliveries.id} = substr(${place}, 2)`
}
