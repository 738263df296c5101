// Hosts that have shown that they want webhooks, as the whole service knows them.
import { sql, type SQL } from 'drizzle-orm'
import { literal, statement, type Database } from './client.ts'
import { transaction } from './transaction.ts'

/** That a host is still there is noted once in so many ms. */
const SEEN_EVERY_MS = 24 * 3600 * 1000

/** One that was not seen for so many ms has to prove itself again. */
const FORGOTTEN_AFTER_MS = 30 * SEEN_EVERY_MS

/** Hosts that are forgotten at a time, at least. */
const FORGOTTEN_AT_ONCE = 10

/** When hosts answered 2xx, and after how long that proves them; in ms. */
export type Noting = { now: number; provenAfterMs: number }

/**
 * Notes that hosts have answered 2xx, and answers those of them that have proven themselves: they did so long enough
 * ago, too. Of a proven host a row is written once a day. Repeated it changes nothing.
 */
export async function noteProofs(
  catalog: Database,
  hosts: string[],
  { now, provenAfterMs }: Noting,
): Promise<string[]> {
  const { proven } = await transaction(catalog, {
    noted: statement(catalog, note(hosts, { now, provenAfterMs })),
    forgotten: statement(catalog, forget(now, Math.max(FORGOTTEN_AT_ONCE, hosts.length))),
    proven: statement<{ host: string }>(catalog, selectProven(hosts)),
  })
  return proven.map(({ host }) => host)
}

/** Those of the hosts that have proven themselves. */
export async function listProven(catalog: Database, hosts: string[]): Promise<string[]> {
  const rows = await catalog.all<{ host: string }>(selectProven(hosts))
  return rows.map(({ host }) => host)
}

function note(hosts: string[], { now, provenAfterMs }: Noting): SQL {
  const isProof = sql`(proven_at IS NULL AND first_at <= ${now - provenAfterMs})`
  return sql`
    INSERT INTO host_proofs (host, first_at, seen_at)
    SELECT value, ${now}, ${now} FROM json_each(${JSON.stringify(hosts)}) WHERE true
    ON CONFLICT (host) DO UPDATE SET seen_at = ${now}, proven_at = iif(${isProof}, ${now}, proven_at)
    WHERE ${isProof} OR seen_at <= ${now - SEEN_EVERY_MS}`
}

// As many as a noting may add, at least.
function forget(now: number, most: number): SQL {
  return sql`
    DELETE FROM host_proofs WHERE host IN (
      SELECT host FROM host_proofs WHERE seen_at <= ${now - FORGOTTEN_AFTER_MS}
      ORDER BY seen_at LIMIT ${literal(most)})`
}

function selectProven(hosts: string[]): SQL {
  return sql`
    SELECT p.host FROM json_each(${JSON.stringify(hosts)}) given CROSS JOIN host_proofs p
    WHERE p.host = given.value AND p.proven_at IS NOT NULL`
}
