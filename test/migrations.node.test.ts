// Migrations: what was applied somewhere never changes, and what comes after it only adds.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const DIRECTORY = 'migrations'

/** SHA-256 of each that a release had: the next one adds its own here, and never changes another's. */
const FROZEN: Record<string, string> = {
  '0001_initial.sql': '8889b57e052145bdf6595b93c185e76b8ab7711abfe840bc1c646d2fc937dffd',
}

/** What code that does not know of it yet can live with, a line's beginning each. */
const ADDITIVE = /^(?:CREATE TABLE|CREATE INDEX|ALTER TABLE \w+ ADD COLUMN)\b/i

/** A unique index is one more that it can live with, where its last column comes with it: nobody has written that yet. */
const UNIQUE = /^CREATE UNIQUE INDEX \w+ ON (\w+) \((?:\w+, )*(\w+)\)/

function isAdditive(statement: string, together: string[]): boolean {
  const [, table = '', column = ''] = UNIQUE.exec(statement) ?? []
  const added = new RegExp(`^ALTER TABLE ${table} ADD COLUMN ${column} `)
  return ADDITIVE.test(statement) || (table !== '' && together.some((one) => added.test(one)))
}

function read(name: string): string {
  return readFileSync(`${DIRECTORY}/${name}`, 'utf8')
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Its statements, without comments. */
function statementsOf(text: string): string[] {
  const bare = text.replaceAll(/^\s*--.*$/gm, '')
  return bare.split(';').flatMap((one) => one.trim() || [])
}

describe('migrations', () => {
  it('stay as they were applied', () => {
    const hashes = Object.keys(FROZEN).map((name) => [name, hashOf(read(name))])
    expect(Object.fromEntries(hashes)).toEqual(FROZEN)
  })

  it('only add: the release before goes on working beside them', () => {
    const other = readdirSync(DIRECTORY).flatMap((name) => {
      const all = statementsOf(read(name))
      return all.filter((statement) => !isAdditive(statement, all))
    })
    expect(other).toEqual([])
  })

  it('are told apart when they do not add', () => {
    const bad = [
      'DROP TABLE a',
      'ALTER TABLE a RENAME TO b',
      'ALTER TABLE a DROP COLUMN b',
      'UPDATE a',
    ]
    expect(bad.filter((statement) => isAdditive(statement, bad))).toEqual([])
    const unique = 'CREATE UNIQUE INDEX i ON a (org_id, b) WHERE b IS NOT NULL'
    expect(isAdditive(unique, ['ALTER TABLE a ADD COLUMN c TEXT'])).toBe(false)
    expect(isAdditive(unique, ['ALTER TABLE a ADD COLUMN b TEXT'])).toBe(true)
    expect(ADDITIVE.test('ALTER TABLE a ADD COLUMN b TEXT')).toBe(true)
  })
})
