// What has been noted and is not told: collected, marked as told, forgotten in the end.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from '../client.ts'
import type { OperationalType } from '../../webhook/sample-data.ts'
import { transaction } from '../transaction.ts'
import { isAway } from '../words.ts'
import {
  forgetFailing,
  noteFailing,
  noteRecovered,
  selectSuspects,
  type Suspect,
} from './failing.ts'
import { closeCounts, IS_OPEN } from './exhausted.ts'
import { logExpired, noteExpiring } from './expiring.ts'
import { noteOperator } from './note.ts'

/** A notice; `data` is JSON text, `at` in Unix ms. Of `delivery.exhausted` `data` lists the first of `count`. */
export type Notice = {
  orgId: string
  id: string
  type: OperationalType
  about: string | null
  data: string
  count: number
  at: number
}

/** Exhausted deliveries of an endpoint are counted together for so long, in ms. */
const COUNTED_MS = 60_000

/** Notices that one pass tells. */
const MOST_TOLD = 100

/** What is told is kept for so long, in ms: a key is told a week before its end, and not again. */
const KEPT_MS = 8 * 24 * 3_600_000

/**
 * Notes what nothing else has noted: keys that end soon, and in the audit log that they have; endpoints that have recovered. Answers what is to be told,
 * oldest first, and which endpoints may be failing. One round trip, which reads and writes nothing where there is
 * nothing to tell.
 */
export async function collectNotices(
  db: Database,
  { now, hasOperator }: { now: number; hasOperator: boolean },
): Promise<{ untold: Notice[]; suspects: Suspect[] }> {
  const { untold, suspects } = await transaction(db, {
    operator: hasOperator ? statement(db, noteOperator(now)) : undefined,
    expiring: statement(db, noteExpiring(now)),
    expired: logExpired(db, now),
    recovered: statement(db, noteRecovered(now)),
    forgotten: statement(db, forgetFailing()),
    closed: statement(db, closeCounts(now, COUNTED_MS)),
    pruned: statement(db, pruneTold(now)),
    suspects: statement<Suspect>(db, selectSuspects(now)),
    untold: statement<Notice>(db, selectUntold(sql`true`)),
  })
  return { untold, suspects }
}

/** Notes endpoints as failing, and answers those notices. */
export async function collectFailing(
  db: Database,
  orgId: string,
  failing: Suspect[],
  now: number,
): Promise<Notice[]> {
  const { untold } = await transaction(db, {
    noted: statement(db, noteFailing(failing, now)),
    untold: statement<Notice>(
      db,
      selectUntold(sql`n.org_id = ${orgId} AND n.type = 'endpoint.failing'`),
    ),
  })
  return untold
}

/** What an org's endpoints were disabled by, and is not told: for whoever has just heard of one. */
export function listDisabled(db: Database, orgId: string): Promise<Notice[]> {
  return db.all<Notice>(selectUntold(sql`n.org_id = ${orgId} AND n.type = 'endpoint.disabled'`))
}

/** Marks notices of an org as told. */
export async function markTold(
  db: Database,
  orgId: string,
  notices: Notice[],
  now: number,
): Promise<void> {
  await db.run(sql`
    UPDATE notices SET told_at = ${now} FROM json_each(${JSON.stringify(notices.map(({ id }) => id))}) told
    WHERE notices.org_id = ${orgId} AND notices.id = told.value AND notices.told_at IS NULL`)
}

function selectUntold(condition: SQL): SQL {
  return sql`
    SELECT n.org_id AS "orgId", n.id, n.type, n.about, n.data, n.count, n.at
    FROM notices n INDEXED BY notices_untold
    WHERE n.told_at IS NULL AND NOT ${IS_OPEN} AND ${condition} AND NOT ${isAway(sql`n.org_id`)}
    ORDER BY n.at LIMIT ${literal(MOST_TOLD)}`
}

function pruneTold(now: number): SQL {
  return sql`
    DELETE FROM notices WHERE (org_id, id) IN (
      SELECT n.org_id, n.id FROM notices n INDEXED BY notices_told
      WHERE n.told_at < ${now - KEPT_MS} AND n.type <> 'endpoint.failing' AND NOT ${isAway(sql`n.org_id`)}
      ORDER BY n.told_at LIMIT ${literal(MOST_TOLD)})`
}
