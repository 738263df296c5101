// The scale of a chart ends with a number that a person reads at once, and so does its half.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundUp } from '../../src/dashboard/ui/plot.tsx'

describe('the scale of a chart', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [7, 8],
    [9, 10],
    [10, 10],
    [11, 20],
    [85, 100],
    [101, 200],
    [4200, 6000],
    [12_480, 20_000],
    [0.4, 0.4],
  ])('of at most %d ends with %d', (most, top) => {
    expect(roundUp(most)).toBeCloseTo(top)
  })

  it('has room for all, and is at least half full', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e12, noNaN: true }), (most) => {
        const top = roundUp(most)
        expect(top).toBeGreaterThanOrEqual(most * (1 - 1e-9))
        expect(most / top).toBeGreaterThanOrEqual(0.49)
      }),
    )
  })
})
