// A dump, taken apart into statements, and put together again from shorter ones.
import { Readable } from 'node:stream'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { fit, readStatements, tableOf } from '../../../src/dev/backup/statements.ts'

const LONGEST_BYTES = 100_000

async function read(...chunks: string[]): Promise<string[]> {
  const statements: string[] = []
  for await (const statement of readStatements(Readable.from(chunks)))
    statements.push(statement.trim())
  return statements
}

describe('readStatements', () => {
  it('ends a statement at a semicolon that is in no text, name or comment', async () => {
    const texts = [
      `INSERT INTO "a;b" ("c") VALUES('it''s; fine');`,
      `CREATE TABLE d ( -- what's this; here\n e TEXT);`,
      `INSERT INTO "d" ("e") VALUES('-- no comment; nor here\n;');`,
    ]
    expect(await read(texts.join('\n'))).toEqual(texts)
  })

  it('does so wherever the chunks end', async () => {
    const text = `CREATE TABLE d ( -- what's;\n e TEXT);INSERT INTO "d" ("e") VALUES('a''b;c');`
    for (let at = 1; at < text.length; at += 1) {
      const statements = await read(text.slice(0, at), text.slice(at))
      expect([at, statements.length]).toEqual([at, 2])
    }
  })
})

describe('fit', () => {
  it('leaves a statement that is short as it is', () => {
    const statement = `INSERT INTO "a" ("b") VALUES('c');`
    expect(fit(statement)).toEqual([statement])
    expect(tableOf(statement)).toBe('a')
  })

  it('refuses a long one that is no row', () => {
    expect(() => fit(`CREATE TABLE a (${'x'.repeat(LONGEST_BYTES)})`)).toThrow(
      /longer than D1 takes/,
    )
  })

  it.each([
    ['of a call in base64', 'Ab+/'.repeat(90_000)],
    ['of quotes', `'`.repeat(200_000)],
    ['of characters of four bytes', '😀,'.repeat(60_000)],
    ['with all that is a mark elsewhere', `");--\n'' || x, NULL,`.repeat(9000)],
  ])('makes the same row from statements that D1 takes, with a text %s', (_title, text) => {
    const row = { org: `o'1`, id: 2, note: null, call: text, log: '[]' }
    const statements = fit(insertOf(row))
    expect(statements.length).toBeGreaterThan(2)
    expect(statements.filter((one) => Buffer.byteLength(one) > LONGEST_BYTES)).toEqual([])
    expect(executed(statements)).toMatchObject([row])
  })
})

const TABLE = `CREATE TABLE "events" ("org" TEXT NOT NULL, "id" INTEGER NOT NULL, "note" TEXT,
  "call" TEXT NOT NULL, "log" TEXT NOT NULL, PRIMARY KEY (org, id)) STRICT, WITHOUT ROWID`

function insertOf(row: Record<string, string | number | null>): string {
  const values = Object.values(row).map((value) =>
    typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value ?? 'NULL'),
  )
  const names = Object.keys(row).map((name) => `"${name}"`)
  return `INSERT INTO "events" (${names.join(',')}) VALUES(${values.join(',')});`
}

/** The rows that there are after these statements, beside which another row has stayed as it was. */
function executed(statements: string[]): unknown[] {
  const database = new DatabaseSync(':memory:')
  database.exec(TABLE)
  database.exec(insertOf({ org: 'o', id: 2, note: null, call: 'other', log: '[]' }))
  for (const statement of statements) database.exec(statement)
  const rows = database.prepare(`SELECT * FROM events`).all()
  expect(rows.filter((row) => row['call'] === 'other')).toHaveLength(1)
  return rows.filter((row) => row['call'] !== 'other')
}
