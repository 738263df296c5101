// One page of a move: read where the org is, written where it comes to.
import type { AuditAction } from '../db/audit.ts'
import type { Database } from '../db/client.ts'
import { eventIdOf } from '../db/ids.ts'
import type { Move } from '../db/move/ledger.ts'
import { nameKeyOwner } from '../db/move/ledger.ts'
import type { Arrival } from '../db/move/marks.ts'
import { AUDIT_LOG, DELIVERY_PORTIONS, UNSETTLED, type Portion } from '../db/move/portions.ts'
import {
  readEndsOf,
  readEventsOf,
  readIdsOfEvents,
  readPage,
  type RowPage,
  type Place,
  type Row,
} from '../db/move/read.ts'
import { listUnsettled, writeDeliveries, writeRows } from '../db/move/write.ts'

/**
 * A page: at most so many rows, and bytes of their texts. One is held in memory as it is and as JSON, of the
 * 128 MB that an isolate has; writing it takes a database less than a tenth of a second.
 */
const PAGE = { rows: 500, bytes: 1_000_000 }

/** The three databases that a move has to do with. */
export type Ends = { from: Database; to: Database; catalog: Database }

/** What a page has come to: `isHeld` is false when another has carried the move on to another step. */
export type Copied = { isHeld: boolean; rows: number; next: Place | undefined }

/** Copies the next page of a portion. Doing it again comes to the same. */
export async function copyPage(ends: Ends, move: Move, portion: Portion): Promise<Copied> {
  if (portion === UNSETTLED) return copyUnsettled(ends, move)
  const page = await readPage(ends.from, rangeOf(move, portion), PAGE)
  if (DELIVERY_PORTIONS.includes(portion)) return copyDeliveries(ends, move, portion, page)
  const { rows, next } = page
  const changed = portion === AUDIT_LOG ? await changedIn(ends, move, rows) : []
  const isHeld = await writeRows(ends.to, arrivalOf(move), portion.table, rows, changed)
  if (portion.name === 'api_keys' && rows.length > 0) {
    await nameKeyOwner(
      ends.catalog,
      move.orgId,
      rows.map((row) => String(row['public_id'])),
    )
  }
  return { isHeld, rows: rows.length, next }
}

function rangeOf(move: Move, portion: Portion) {
  const { orgId, progress } = move
  const { table, order, index } = portion
  const condition = portion.condition(progress)
  return { table, orgId, condition, order, index, after: progress.after ?? undefined }
}

/**
 * While the org goes on, what is open is only noted: it will have changed in the end. So will, perhaps, what
 * has just finished: another attempt may still be on its way.
 */
async function copyDeliveries(
  { from, to }: Ends,
  move: Move,
  portion: Portion,
  { rows, next }: RowPage,
): Promise<Copied> {
  const until = move.progress.until ?? Infinity
  const isNoted = (row: Row) => portion.isOpen === true || Number(row['updated_at']) >= until
  const isLast = move.phase === 'settling'
  const isHeld = await writeDeliveries(to, arrivalOf(move), {
    deliveries: portion.isOpen && !isLast ? [] : rows,
    events: await readEventsOf(from, move.orgId, rows),
    ends: isLast ? await readEndsOf(from, move.orgId, rows) : [],
    unsettled: isLast ? [] : rows.filter(isNoted).map(idOf),
  })
  return { isHeld, rows: rows.length, next }
}

/** What was noted, as it is now. */
async function copyUnsettled({ from, to }: Ends, move: Move): Promise<Copied> {
  const { orgId, progress } = move
  const after = String(progress.after?.[0] ?? '')
  const ids = await listUnsettled(to, orgId, after, PAGE.rows)
  const last = ids.at(-1)
  if (last === undefined) return { isHeld: true, rows: 0, next: undefined }
  const range = { ...rangeOf(move, UNSETTLED), ids, after: undefined }
  const { rows, next } = await readPage(from, range, PAGE)
  const lone = ids.filter((id) => id === eventIdOf(id)).map((id) => ({ id, call_id: '' }))
  const events = await readEventsOf(from, orgId, [...rows, ...lone])
  const ends = await readEndsOf(from, orgId, rows)
  const page = { deliveries: rows, events, ends, unsettled: [] }
  const isHeld = await writeDeliveries(to, arrivalOf(move), page)
  return { isHeld, rows: rows.length, next: next ?? [last] }
}

/** Deliveries that were asked for again since the first pass began, and those of events whose payload was deleted. */
async function changedIn(
  { from }: Ends,
  { orgId, progress: { since } }: Move,
  rows: Row[],
): Promise<string[]> {
  if (since === null) return []
  const targetsOf = (action: AuditAction) =>
    rows.filter((row) => row['action'] === action).map((row) => String(row['target_id']))
  const forgotten = await readIdsOfEvents(from, orgId, targetsOf('event.delete_payload'))
  return [...targetsOf('delivery.redeliver'), ...forgotten]
}

function arrivalOf({ orgId, number, phase }: Move): Arrival {
  return { orgId, number, step: phase === 'settling' ? 'settling' : 'copying' }
}

function idOf(row: Row): string {
  return String(row['id'])
}
