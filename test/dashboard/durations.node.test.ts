// Durations in words: on the page, and as the page's script counts them down.
import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeSeconds, writeUntil } from '../../src/dashboard/ui/durations.ts'

const SCRIPT = readFileSync('src/dashboard/assets/times.js', 'utf8')

type Words = { writeUntil: (ms: number) => string; writeSeconds: (s: number) => string }

/** The script's own; no page is around it. */
// A function's declaration is a member of what is global.
const script = runInNewContext(`${SCRIPT}; globalThis`, {
  document: { addEventListener: () => undefined },
  localStorage: { getItem: () => null },
}) as Words

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('the time until an instant', () => {
  it.each([
    [0, 'now'],
    [-5, 'now'],
    [1, 'in 1 s'],
    [59_001, 'in 1 min'],
    [61_000, 'in 1 min 1 s'],
    [HOUR + 1, 'in 1 h'],
    [DAY + MINUTE, 'in 1 d'],
    [DAY + 2 * HOUR, 'in 1 d 2 h'],
  ])('is whole seconds, to two units: %i ms, %s', (ms, text) => {
    expect(writeUntil(ms)).toBe(text)
  })

  it('is said by the script as the page says it', () => {
    const edges = [SECOND, MINUTE, HOUR, DAY].flatMap((unit) =>
      [1, 2, 9, 10, 11, 59, 60, 61].flatMap((count) =>
        [-1, 0, 1].map((more) => unit * count + more),
      ),
    )
    for (const ms of edges) expect(script.writeUntil(ms)).toBe(writeUntil(ms))
    fc.assert(
      fc.property(fc.integer({ min: -DAY, max: 400 * DAY }), (ms) => {
        expect(script.writeUntil(ms)).toBe(writeUntil(ms))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('whole seconds', () => {
  it('are said by the script as the page says them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), (s) => {
        expect(script.writeSeconds(s)).toBe(writeSeconds(s))
      }),
    )
  })
})
