// What keeps an open list of deliveries current: its rows stay where they are, and what is new is offered.
import type { Child } from 'hono/jsx'
import type { DeliveryNow } from '../../db/views/browse.ts'
import { DELIVERIES } from '../context.ts'
import { digestOf, withAlerts } from '../ui/current.tsx'
import { badgeOf, resultOf } from '../ui/delivery-words.ts'
import { writeQuery, type ListQuery } from './filter.ts'

/** Seconds between two looks for what is new. */
const POLL_S = 4

/** What polling needs: the rows on the page, and the newest id, undefined on an older page; `count` are new. */
type Watched = {
  rows: DeliveryNow[]
  newest: string | undefined
  query: ListQuery
  count?: number
  news?: Child
}

/** What the page shows of the rows, and how many new ones it offers. */
export function seenOfRows(rows: DeliveryNow[], count: number): string {
  const shown = rows.map((row) => [
    row.id,
    badgeOf(row),
    resultOf(row),
    row.attemptCount,
    row.manualRetryCount,
    row.nextAttemptAt,
  ])
  return digestOf(shown, count)
}

/** The element that polls: it answers with itself, a hint at new rows, and the rows that changed. */
export function Live({ rows, newest, query, count = 0, news }: Watched) {
  const pending = rows.filter(({ status }) => status === 'pending')
  if (newest === undefined && pending.length === 0) return <span id="live" />
  const ids = pending.map(({ id }) => id).join(',')
  const params = new URLSearchParams({ ids, seen: withAlerts(seenOfRows(pending, count)) })
  if (newest !== undefined) params.set('newest', newest)
  const search = writeQuery({ ...query, after: '' })
  const url = `${DELIVERIES}/live${search === '' ? '?' : `${search}&`}${params.toString()}`
  return (
    <span
      id="live"
      role="status"
      hx-get={url}
      hx-trigger={`every ${POLL_S}s`}
      hx-swap="outerHTML"
      hx-target="this"
    >
      {news}
    </span>
  )
}
