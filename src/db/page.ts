// Pages of lists that are newest first: a cursor is a place in the order of ids, which sort by time.
import { asc, desc, gt, lt, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/** Rows of a page, where nobody says how many. */
export const DEFAULT_LIMIT = 50

/** Rows of a page, at most. */
export const MAX_LIMIT = 200

/**
 * Which rows: the first ones, those right after a cursor, or those right before one. The cursor is any
 * id, also of a row that is gone or was never there: it tells nothing about the list (X7).
 */
export type Page = {
  limit: number
  startingAfter?: string | undefined
  endingBefore?: string | undefined
}

/** Rows, newest first, and whether there are more in the direction that was asked for. */
export type Paged<Row> = { rows: Row[]; hasMore: boolean }

/** SQL condition: the row with this id is on the right side of the cursor. */
export function isBeyondCursor(
  id: SQLiteColumn,
  { startingAfter, endingBefore }: Page,
): SQL | undefined {
  if (endingBefore !== undefined) return gt(id, endingBefore)
  return startingAfter === undefined ? undefined : lt(id, startingAfter)
}

/** The order in which rows are read: those nearest to the cursor first. */
export function nearestFirst(id: SQLiteColumn, { endingBefore }: Page): SQL {
  return endingBefore === undefined ? desc(id) : asc(id)
}

/** Rows to read: one more than are answered tells whether there are more. */
export function rowsToRead({ limit }: Page): number {
  return limit + 1
}

/** The page of rows that were read nearest first, `rowsToRead` of them at most. */
export function toPage<Row>(read: Row[], { limit, endingBefore }: Page): Paged<Row> {
  const rows = read.slice(0, limit)
  return {
    rows: endingBefore === undefined ? rows : rows.toReversed(),
    hasMore: read.length > limit,
  }
}
