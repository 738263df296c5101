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

/** Rows that a page reads at most, where no index knows what is looked for. */
export const MAX_READ = 1000

/**
 * Rows, newest first, and whether there are more in the direction that was asked for. `next` is the cursor of
 * the page that follows there, undefined where none does.
 */
export type Paged<Row> = { rows: Row[]; hasMore: boolean; next: string | undefined }

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

/** The page of rows that were read nearest first in several databases, where one may be in two. */
export function mergePages<Row extends { id: string }>(read: Row[][], page: Page): Paged<Row> {
  const rows = new Map(read.flat().map((row) => [row.id, row]))
  const direction = page.endingBefore === undefined ? -1 : 1
  const nearest = [...rows.values()].toSorted((a, b) => (a.id < b.id ? -direction : direction))
  return toPage(nearest, page)
}

/**
 * The page of rows that were read nearest first, `rowsToRead` of them at most. `cutAt` is the id at which reading
 * was cut short: there may be more behind it, however few were found.
 */
export function toPage<Row extends { id: string }>(
  read: Row[],
  { limit, endingBefore }: Page,
  cutAt?: string,
): Paged<Row> {
  const rows = read.slice(0, limit)
  const next = read.length > limit ? rows.at(-1)?.id : cutAt
  return {
    rows: endingBefore === undefined ? rows : rows.toReversed(),
    hasMore: next !== undefined,
    next,
  }
}
