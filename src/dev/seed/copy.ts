// Takes all that belongs to one org from one database to another, where it replaces what was there.
import { getTableColumns, getTableName } from 'drizzle-orm'
import * as notices from '../../db/notices/schema.ts'
import * as ordering from '../../db/ordering/schema.ts'
import * as replays from '../../db/replays/schema.ts'
import * as schema from '../../db/schema.ts'

/** The rows of one statement have so many bytes at most, as JSON: D1 takes values of 2 MB. */
const MAX_BYTES = 1_000_000

type Row = Record<string, unknown>

/** Every table that has rows of an org, what is written of them, and the column that says whose they are. */
const TABLES = Object.values({ ...schema, ...replays, ...notices, ...ordering }).flatMap(
  (table) => {
    const written = Object.values(getTableColumns(table)).filter(({ generated }) => !generated)
    const columns = written.map(({ name }) => name)
    const name = getTableName(table)
    const owner = name === 'orgs' ? 'id' : columns.find((column) => column === 'org_id')
    return owner === undefined ? [] : [{ name, columns, owner }]
  },
)

/** Copies the org in one transaction: whoever reads meanwhile finds the old rows, or the new ones. */
export async function copyOrg(from: D1Database, to: D1Database, orgId: string): Promise<void> {
  const statements = [
    to
      .prepare(
        `DELETE FROM sessions WHERE key_public_id IN (SELECT public_id FROM api_keys WHERE org_id = ?)`,
      )
      .bind(orgId),
  ]
  for (const { name, columns, owner } of TABLES) {
    const rows = await from
      .prepare(`SELECT * FROM ${name} WHERE ${owner} = ?`)
      .bind(orgId)
      .all<Row>()
    statements.push(to.prepare(`DELETE FROM ${name} WHERE ${owner} = ?`).bind(orgId))
    const values = columns.map((column) => `value ->> '${column}'`).join(', ')
    const insert = to.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values} FROM json_each(?)`,
    )
    statements.push(...toParts(rows.results).map((part) => insert.bind(part)))
  }
  await to.batch(statements)
}

/** JSON lists of the rows, each of a size that D1 takes. */
function toParts(rows: Row[]): string[] {
  const parts: string[] = []
  let part: string[] = []
  let bytes = 0
  for (const text of rows.map((row) => JSON.stringify(row))) {
    if (bytes + text.length > MAX_BYTES) {
      parts.push(`[${part.join()}]`)
      part = []
      bytes = 0
    }
    part.push(text)
    bytes += Buffer.byteLength(text) + 1
  }
  return part.length > 0 ? [...parts, `[${part.join()}]`] : parts
}
