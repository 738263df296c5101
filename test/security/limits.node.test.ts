// The policies that answers announce are those that the bindings enforce.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HOST_BLOCKS, POLICIES } from '../../src/limits.ts'

describe('wrangler.toml', () => {
  it('has a binding with the figures of each policy', () => {
    const config = readFileSync('wrangler.toml', 'utf8')
    const bindings = config.matchAll(
      /\[\[ratelimits\]\]\nname = "(\w+)_LIMIT"\nnamespace_id = "(\d+)"\nsimple = \{ limit = (\d+), period = (\d+) \}/g,
    )
    const found = [...bindings].map(([, name = '', , limit, period]) => [
      name.toLowerCase(),
      { quota: Number(limit), windowS: Number(period) },
    ])
    const wanted = Object.entries(POLICIES).map(([name, { quota, windowS, block }]) => [
      name,
      { quota: quota / block, windowS },
    ])
    expect(found).toEqual([...wanted, ['unproven_host', HOST_BLOCKS]])
  })
})
