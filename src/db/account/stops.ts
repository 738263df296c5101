// The operator's stops as rows: put, taken away, listed.
import { asc, not, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { audited, type Actor, type Change } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { stops } from '../schema.ts'
import { readStored } from '../stored-json.ts'
import { EVERY_HOST, hostOf } from '../stopped.ts'
import { transaction, type Pair, type Statement } from '../transaction.ts'

/** A stop's row. */
export type Stop = typeof stops.$inferSelect

/** In the place of an org: a stop of all orgs'. */
export const EVERY_ORG = ''

/** A stop as those are told of it whom it holds: of EVERY_HOST, or of a host; since when, in Unix ms. */
export type StopNote = { host: string; since: number; reason: string | null }

const StoredNotes = z.array(z.tuple([z.string(), z.number(), z.string().nullable()]))
const StoredUrls = z.array(z.string())

/** SQL expression: what holds for an org, as JSON for `readNotes`. While nothing is stopped it reads no row. */
export function notesOf(orgId: string): SQL<string> {
  return sql<string>`(SELECT json_group_array(json_array(host, at, reason))
    FROM (${selectStops(EVERY_ORG)} UNION ALL ${selectStops(orgId)}))`
}

function selectStops(orgId: string): SQL {
  return sql`SELECT host, stopped_at AS at, reason FROM stops WHERE org_id = ${orgId}`
}

/** SQL expression: the URLs of an org's endpoints, as JSON; none, and none is read, while no host is stopped. */
export function urlsUnderStops(orgId: string): SQL<string> {
  return sql<string>`(SELECT json_group_array(ep.url) FROM endpoints ep
    WHERE EXISTS (SELECT 1 FROM stops WHERE org_id = '' AND host <> '')
      AND ep.org_id = ${orgId})`
}

/**
 * All that holds for an org, and what of it every page tells: that nothing is sent, and to which of its endpoints'
 * hosts nothing is.
 */
export function readNotes(notes: string, urls: string): { stops: StopNote[]; told: StopNote[] } {
  const all = readStored(notes, StoredNotes, []).map(([host, since, reason]): StopNote => ({
    host,
    since,
    reason,
  }))
  // An org's own and everything's are one to it: that of earlier.
  const sorted = all.toSorted((a, b) => a.since - b.since)
  const holding = [...new Map(sorted.toReversed().map((stop) => [stop.host, stop])).values()]
  const hosts = new Set(readStored(urls, StoredUrls, []).map(hostOf))
  const told = holding.filter(({ host }) => host === EVERY_HOST || hosts.has(host))
  return { stops: holding, told }
}

/** Hosts that are stopped at a time, at most: each batch reads them all. */
export const MAX_STOPPED_HOSTS = 100

/** In the place of a host: how the operator says everything, and the log. No public host has the name. */
export const EVERYTHING = 'everything'

/** The statement that puts a stop on an org; one that is there keeps its instant, and takes the reason. */
export function putOrgStop(db: Database, actor: Actor, { orgId, reason, stoppedAt }: Stop): Pair {
  const isThere = sql`EXISTS (SELECT 1 FROM orgs WHERE id = ${orgId})`
  const put = insertStop({ orgId, host: EVERY_HOST, reason, stoppedAt }, isThere)
  const change = { action: 'org.pause_sending', targetId: orgId, at: stoppedAt } as const
  return audited(db, actor, { ...change, details: { reason } }, statement(db, put))
}

/** The statement that takes it away. */
export function deleteOrgStop(db: Database, actor: Actor, orgId: string, now: number) {
  const change = { action: 'org.resume_sending', targetId: orgId, at: now } as const
  return audited(db, actor, change, statement(db, deleteStop(orgId, EVERY_HOST)))
}

/**
 * Stops everything in this database, or a host, unless too many are; answers the stop, if it is there. With an actor
 * it is logged.
 */
export async function putStop(
  db: Database,
  stop: Stop,
  actor: Actor | undefined,
): Promise<Stop | undefined> {
  const hasRoom = sql`(${stop.host} = ${EVERY_HOST}
    OR (SELECT count(*) FROM stops WHERE org_id = ${EVERY_ORG} AND host NOT IN (${EVERY_HOST}, ${stop.host})) < ${MAX_STOPPED_HOSTS})`
  const { host, reason, stoppedAt: at } = stop
  const change = { action: 'stop.put', targetId: nameOf(host), at, details: { reason } } as const
  const { found } = await transaction(db, {
    put: loggedFor(db, actor, change, statement(db, insertStop(stop, hasRoom))),
    found: db
      .select()
      .from(stops)
      .where(sql`org_id = ${EVERY_ORG} AND host = ${host}`),
  })
  return found[0]
}

/** Takes such a stop away. With an actor it is logged. */
export async function liftStop(
  db: Database,
  host: string,
  now: number,
  actor: Actor | undefined,
): Promise<void> {
  const change = { action: 'stop.lift', targetId: nameOf(host), at: now } as const
  await transaction(db, {
    lifted: loggedFor(db, actor, change, statement(db, deleteStop(EVERY_ORG, host))),
  })
}

/** All stops in a database but those that deletions have left: everything's and hosts' first. */
export function listAllStops(db: Database): Promise<Stop[]> {
  const isLeft = sql`EXISTS (SELECT 1 FROM deleted_orgs gone WHERE gone.org_id = ${stops.orgId})`
  return db.select().from(stops).where(not(isLeft)).orderBy(asc(stops.orgId), asc(stops.host))
}

function nameOf(host: string): string {
  return host === EVERY_HOST ? EVERYTHING : host
}

function loggedFor(db: Database, actor: Actor | undefined, change: Change, made: Statement) {
  return actor ? audited(db, actor, change, made) : made
}

function insertStop({ orgId, host, reason, stoppedAt }: Stop, condition: ReturnType<typeof sql>) {
  return sql`
    INSERT INTO stops (org_id, host, reason, stopped_at)
    SELECT ${orgId}, ${host}, ${reason}, ${stoppedAt} WHERE ${condition}
    ON CONFLICT (org_id, host) DO UPDATE SET reason = excluded.reason
      WHERE reason IS NOT excluded.reason`
}

function deleteStop(orgId: string, host: string) {
  return sql`DELETE FROM stops WHERE org_id = ${orgId} AND host = ${host}`
}
