// The deliveries that a replay has sent, found by its name on them and in their logs.
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '../client.ts'
import { BY_REPLAY } from '../lifecycle/replay-outcomes.ts'
import type { Page, Paged } from '../page.ts'
import type { Replay } from '../replays/words.ts'
import { walk, type RangeFilter } from '../walk.ts'
import type { Delivery, LinedUp } from '../words.ts'
import { lookUp, PLAIN, rowsToSearch, SHOWN, type ListedDelivery } from './look-up.ts'

/** The replay that has sent them. */
type Sender = Pick<Replay, 'orgId' | 'id' | 'filter' | 'createdAt'>

/**
 * One page, newest first, in one round trip. No index knows which deliveries a replay has sent, so it looks among
 * those of the replay's filter, whatever has become of them since, and reads MAX_READ rows at most: a page may be
 * short.
 */
export function listSent(
  db: Database,
  sender: Sender,
  page: Page,
): Promise<Paged<Delivery & LinedUp>> {
  const isMeant = isSentBy(sender)
  return listAmong(db, sender, undefined, { isMeant, columns: PLAIN }, page)
}

/** Those that are not delivered, and that the replay asked for last, in vain, as a person is shown them. */
export function listFailed(
  db: Database,
  sender: Sender,
  page: Page,
): Promise<Paged<ListedDelivery>> {
  const isFailed = sql`redelivered_by = ${nameOf(sender)} AND NOT is_manual AND last_error IS NOT NULL`
  return listAmong(
    db,
    sender,
    ['pending', 'exhausted'],
    { isMeant: isFailed, columns: SHOWN },
    page,
  )
}

function listAmong(
  db: Database,
  { orgId, filter, createdAt }: Sender,
  statuses: RangeFilter['statuses'],
  { isMeant, columns }: { isMeant: SQL; columns: typeof SHOWN },
  page: Page,
): Promise<Paged<ListedDelivery>> {
  const isPlain = filter.endpointId === undefined && filter.callId === undefined
  const most = rowsToSearch(isPlain, page)
  const createdBefore = Math.min(createdAt, filter.createdBefore ?? createdAt)
  const about = {
    orgId,
    filter: { ...filter, createdBefore, statuses },
    after: page.endingBefore ?? '',
    before: page.startingAfter,
    isBackwards: page.endingBefore === undefined,
    most,
  }
  const source = walk(about, ['redelivered_by', 'attempts', 'is_manual', 'last_error'])
  const isFound = sql`is_match AND ${isMeant}`
  return lookUp(db, orgId, { source, isFound, most, columns }, page)
}

// It asked for the last redelivery, or an attempt's entry has it. Within a text of the log quotes are escaped, so
// that no receiver can write such an entry.
function isSentBy(sender: Sender): SQL {
  const requester = nameOf(sender)
  const entry = `"requested_by":${JSON.stringify(requester)}`
  return sql`(redelivered_by = ${requester} OR instr(attempts, ${entry}) > 0)`
}

/** As deliveries and attempts name it. */
function nameOf({ id }: Sender): string {
  return BY_REPLAY + id
}
