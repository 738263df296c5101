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
    const all = readdirSync(DIRECTORY).flatMap((name) => statementsOf(read(name)))
    expect(all.filter((statement) => !ADDITIVE.test(statement))).toEqual([])
  })

  it('are told apart when they do not add', () => {
    const bad = [
      'DROP TABLE a',
      'ALTER TABLE a RENAME TO b',
      'ALTER TABLE a DROP COLUMN b',
      'UPDATE a',
    ]
    expect(bad.filter((statement) => ADDITIVE.test(statement))).toEqual([])
    expect(ADDITIVE.test('ALTER TABLE a ADD COLUMN b TEXT')).toBe(true)
  })
})
