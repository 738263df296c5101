// What the operator has stopped, as the statement asks for it that reads what is to be sent.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'

/** What all stops of an org, or of everything, have in the place of a host. */
export const EVERY_HOST = ''

/** What `listStops` answers. */
export const StoppedHosts = z.array(z.string())

/**
 * SQL expression: the hosts to which nothing of an org is sent, a JSON list; EVERY_HOST is one of them where nothing
 * of it is sent at all. While nothing is stopped, or only hosts are, it costs nothing for each row of a query.
 */
export function listStops(orgId: SQL): SQL {
  return sql`iif(EXISTS (SELECT 1 FROM stops own WHERE own.org_id = ${orgId} AND own.host = ''), '[""]',
    (SELECT json_group_array(stop.host) FROM stops stop WHERE stop.org_id = ''))`
}

/**
 * SQL condition: a stop of this host, or of EVERY_HOST, holds for the org. Each place is looked up by itself: a list of
 * two would be two rows read where nothing is stopped.
 */
export function isStopped(orgId: SQL, host: SQL): SQL {
  const isAt = (owner: SQL) =>
    sql`EXISTS (SELECT 1 FROM stops stop WHERE stop.org_id = ${owner} AND stop.host = ${host})`
  return sql`(${isAt(sql`''`)} OR ${isAt(orgId)})`
}

/** SQL condition: nothing of the org is sent. */
export function isPaused(orgId: SQL): SQL {
  return isStopped(orgId, sql`${EVERY_HOST}`)
}

/**
 * Which of an org's stops holds for what goes to a URL: its host's, or EVERY_HOST's; undefined: none. The host is as a
 * request takes it, however the URL is written.
 */
export function stoppedBy(url: string, stops: readonly string[]): string | undefined {
  if (stops.length === 0) return undefined
  if (stops.includes(EVERY_HOST)) return EVERY_HOST
  const host = hostOf(url)
  return host !== undefined && stops.includes(host) ? host : undefined
}

/** The host of a URL in its one form; undefined where there is none. */
export function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  return new URL(url).hostname.replace(/\.+$/, '') || undefined
}
