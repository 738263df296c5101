// Rows of orgs that no route makes at once.
import { env } from 'cloudflare:workers'
import { newId } from '../../../src/db/ids.ts'

const HOUR = 3600 * 1000

/** It was moved here once, from a database that is no more. */
const MOVED_HERE = `INSERT INTO moves (org_id, number, from_database, to_database, phase, progress, asked_by,
    rows_copied, rows_deleted, started_at, updated_at)
  VALUES (?, 1, 'DB9', 'DB', 'over',
    '{"pass":0,"portion":0,"after":null,"since":null,"until":null,"begunAt":1}',
    '{"entryId":"","ip":null,"requestId":""}', 0, 0, 1, 1)`

const ADDED_REPLAY = `INSERT INTO replays (org_id, id, status, filter, has_missing, recipient, rate_per_second,
    created_by, total, total_is_exact, next_step_at, created_at, updated_at)
  VALUES (?, ?, ?, '{}', 0, 'original', 1, 'key', 1, 1, ?, ?, ?)`

/** Says that the org was moved. */
export async function moveHere(orgId: string): Promise<void> {
  await env.DB.prepare(MOVED_HERE).bind(orgId).run()
}

/** A replay of the org, by its id; its next step is an hour away. */
export async function addReplay(
  orgId: string,
  status: 'running' | 'paused',
  now: number,
): Promise<string> {
  const id = newId(now)
  const nextStepAt = status === 'running' ? now + HOUR : null
  await env.DB.prepare(ADDED_REPLAY).bind(orgId, id, status, nextStepAt, now, now).run()
  return id
}

/** Everything that is stored, as text. */
export async function allRows(): Promise<string> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*'`,
  ).all<{ name: string }>()
  const tables = results.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`))
  return JSON.stringify((await env.DB.batch(tables)).map((table) => table.results))
}
