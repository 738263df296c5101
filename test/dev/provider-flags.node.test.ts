// Flags of what an operator runs: one without a value is a variable that is not set, and never means production.
import { afterEach, expect, it } from 'vitest'
import { readFlags } from '../../src/dev/provider/flags.ts'

const { argv } = process
afterEach(() => {
  process.argv = argv
})

it.each([[['--env=']], [['--env', '']]])('%j is refused', (flags) => {
  process.argv = ['node', 'main.ts', 'rollback', ...flags]
  expect(() => readFlags('Usage: …', ['env'])).toThrow(/--env is given without a value/)
})

it('one that is left out is left out', () => {
  process.argv = ['node', 'main.ts', 'rollback', '--dry-run']
  expect(readFlags('Usage: …', ['env'], ['dry-run'])).toEqual({ 'dry-run': '' })
})
