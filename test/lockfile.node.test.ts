// The lock file: whoever installs gets these bytes and no others, from whichever registry is asked.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Locked = {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  engines?: { node?: string }
}

/** What is asked for is Node 20.19 or a later 20. */
const MINOR = 19

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

describe('npm ci on Node 20', () => {
  it('warns of those packages that the README names, and of no other', () => {
    const warned = locked.filter(([, { engines }]) => !admitsNode20(engines?.node ?? '*'))
    const names = warned.map(([path]) => path.replace(/^.*node_modules\//, ''))
    const [sentence = ''] = /^Node 20 or newer[^]*?\n\n/m.exec(read('README.md')) ?? []
    const named = [...sentence.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name)
    expect(named).toEqual(names.toSorted())
  })

  it('finds no two packages that want different versions of a third', () => {
    const { stderr } = spawnSync('npm', ['ls', '--all', '--package-lock-only'])
    expect(stderr.toString()).toBe('')
  })
})

/** Ranges as they are in the lock file: alternatives, each of which has bounds. */
function admitsNode20(range: string): boolean {
  return range.split('||').some((bounds) =>
    bounds
      .replaceAll(/([<>=^]) +/g, '$1')
      .trim()
      .split(/\s+/)
      .every(admits),
  )
}

/** @throws Error for a bound of another form, which npm may read otherwise. */
function admits(bound: string): boolean {
  const parts = /^(>=|<|\^)?(\d+)(?:\.(\d+|\*))?(?:\.\d+)?$/.exec(bound)
  if (bound === '*') return true
  if (!parts) throw new Error(`${bound} is a range of Node that this test cannot read`)
  const [, sign = '', major = '', minor = '0'] = parts
  const isFrom = 20 > Number(major) || (20 === Number(major) && MINOR >= Number(minor))
  if (sign === '>=') return isFrom
  return sign === '<' ? !isFrom : Number(major) === 20 && (sign === '' || isFrom)
}
