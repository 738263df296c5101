// The lock file: whoever installs gets these bytes and no others, from whichever registry is asked.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Locked = { version?: string; resolved?: string; integrity?: string; link?: boolean }

const read = (name: string) => readFileSync(name, 'utf8')

// npm's lock file, version 3, is of this shape: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
const { lockfileVersion, packages } = JSON.parse(read('package-lock.json')) as {
  lockfileVersion: number
  packages: Record<string, Locked>
}
const locked = Object.entries(packages).filter(([path]) => path !== '')

describe('package-lock.json', () => {
  it('has a SHA-512 of every package', () => {
    expect(lockfileVersion).toBe(3)
    expect(locked.length).toBeGreaterThan(100)
    const isSha512 = /^sha512-[A-Za-z0-9+/]{86}==$/
    const bare = locked.filter(([, { integrity = '' }]) => !isSha512.test(integrity))
    expect(bare.map(([path]) => path)).toEqual([])
  })

  it('names no registry, and nothing that is not from one', () => {
    expect(locked.filter(([, { resolved, link }]) => resolved !== undefined || link)).toEqual([])
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true')
  })
})
