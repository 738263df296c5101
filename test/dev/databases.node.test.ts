// The databases that migrations are applied to are those that wrangler binds.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { findDatabases, readDatabases } from '../../src/dev/databases.ts'

const toml = readFileSync('wrangler.toml', 'utf8')

const SECOND = `
[[d1_databases]]
# The binding is what DATABASES names.
database_name = "second"
  binding = 'DB2'

[[kv_namespaces]]
binding = "KV"

[[env.staging.d1_databases]]
binding = "STAGED"
`

describe('readDatabases', () => {
  it('finds what wrangler binds', () => {
    // Wrangler's own types need more of Node than these tests have.
    const { d1_databases: bound }: { d1_databases: { binding: string }[] } = readConfig({
      config: 'wrangler.toml',
    })
    expect(readDatabases()).toEqual(bound.map(({ binding }) => binding))
  })

  it('finds another one, and nothing of another kind or environment', () => {
    expect(findDatabases(toml + SECOND)).toEqual(['DB', 'DB2'])
  })
})
