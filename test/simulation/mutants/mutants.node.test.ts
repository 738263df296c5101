// The list of mutants fits the code as it is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { invariants } from '../checks/invariants.ts'
import { MUTANTS } from './all.ts'
import { SRC, mutate } from './mutant.ts'

const INVARIANTS = Object.keys(invariants(() => new Uint8Array()))

describe('the list of mutants', () => {
  it('has no name twice', () => {
    const names = MUTANTS.map(({ name }) => name)
    expect(names.filter((name, place) => names.indexOf(name) < place)).toEqual([])
  })

  it.each(MUTANTS)('changes the code: $name', ({ edits }) => {
    for (const path of new Set(edits.map(([file]) => file))) {
      const source = readFileSync(join(SRC, path), 'utf8')
      expect(mutate(source, path, edits)).not.toBe(source)
    }
  })

  it.each(MUTANTS)('names who notices: $name', ({ killer }) => {
    expect(INVARIANTS.includes(killer) || existsSync(join(SRC, '..', killer))).toBe(true)
  })
})
