// Alerts: endpoints that were disabled automatically, until somebody enables them or dismisses the alert.
import { sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { audited, type Actor } from '../audit.ts'
import { statement, type Database } from '../client.ts'
import { readStored } from '../stored-json.ts'
import { transaction } from '../transaction.ts'

/** An endpoint that was disabled automatically, when (Unix ms), and after how many exhausted deliveries in a row. */
export type Alert = {
  endpointId: string
  url: string
  description: string | null
  disabledAt: number
  failures: number
}

/** The index endpoints_alerting has no other. */
const IS_ALERTING = sql`ep.disabled_reason = 'too_many_failures' AND ep.dismissed_at IS NOT ep.disabled_at`

const Stored = z.array(
  z.tuple([z.string(), z.string(), z.string().nullable(), z.number(), z.number()]),
)

/** SQL expression: an org's alerts as JSON for `readAlerts`. One row read for each, by their own index. */
export function alertsOf(orgId: string): SQL<string> {
  return sql<string>`(SELECT json_group_array(json_array(ep.id, ep.url, ep.description, ep.disabled_at,
      ep.consecutive_failures))
    FROM endpoints ep INDEXED BY endpoints_alerting WHERE ep.org_id = ${orgId} AND ${IS_ALERTING})`
}

/** What `alertsOf` has read, the latest first. */
export function readAlerts(text: string): Alert[] {
  const alerts = readStored(text, Stored, []).map(
    ([endpointId, url, description, disabledAt, failures]): Alert => ({
      endpointId,
      url,
      description,
      disabledAt,
      failures,
    }),
  )
  return alerts.toSorted((a, b) => b.disabledAt - a.disabledAt)
}

/** Dismisses the alert of one disabling, and of no later one; once. Answers whether the endpoint is there. */
export async function dismissDisabling(
  db: Database,
  actor: Actor,
  { id, disabledAt, now }: { id: string; disabledAt: number; now: number },
): Promise<boolean> {
  const { orgId } = actor
  const change = { action: 'endpoint.dismiss_alert', targetId: id, at: now } as const
  const update = sql`
    UPDATE endpoints AS ep SET dismissed_at = ep.disabled_at
    WHERE ep.org_id = ${orgId} AND ep.id = ${id} AND ep.disabled_at = ${disabledAt} AND ${IS_ALERTING}`
  const { found } = await transaction(db, {
    dismissed: audited(db, actor, change, statement(db, update)),
    found: statement(db, sql`SELECT 1 FROM endpoints WHERE org_id = ${orgId} AND id = ${id}`),
  })
  return found.length > 0
}
