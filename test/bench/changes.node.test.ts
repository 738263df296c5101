// A run tells what differs from the committed figures, and only what differs by more than its own noise.
import { describe, expect, it } from 'vitest'
import { changesToMarkdown, toKept } from './harness/changes.ts'
import type { Figure, Finding } from './harness/report.ts'

const SETTING = { startedAt: new Date('2026-11-26T21:00:00.000Z'), machine: 'A machine, 2 cores' }

function finding(...figures: Figure[]): Finding {
  return { scenario: 'Keep up', note: '', columns: [], rows: [], targets: [], figures }
}

function rate(...rounds: number[]): Figure {
  return { name: 'accepted/s', rounds, isMoreBetter: true }
}

function rows(value: number): Figure {
  return { name: 'rows', rounds: [value], isCount: true }
}

/** The table's rows, without their spaces. */
function changes(before: Figure[], now: Figure[], onlyCounts = false): string[] {
  const text = changesToMarkdown(
    [finding(...now)],
    toKept(SETTING, [finding(...before)]),
    onlyCounts,
  )
  return text
    .split('\n')
    .filter((line) => line.startsWith('| Keep up'))
    .map((line) => line.replaceAll(/ +/g, ' '))
}

describe('a run beside the committed one', () => {
  it('says what got better or worse, by whether more is better', () => {
    const now = [rate(390, 400, 410), { name: 'p50 ms', rounds: [40, 41, 42] }]
    expect(changes([rate(290, 300, 310), { name: 'p50 ms', rounds: [30, 31, 32] }], now)).toEqual([
      '| Keep up: accepted/s | 300 | 400 | 20 | better |',
      '| Keep up: p50 ms | 31 | 41 | 2 | worse |',
    ])
  })

  it('says nothing of what the rounds of either run differ by themselves', () => {
    expect(changes([rate(290, 300, 310)], [rate(310, 318, 319)])).toEqual([])
    expect(changes([rate(250, 300, 350)], [rate(395, 396, 397)])).toEqual([])
    expect(changes([rate(300, 301, 302)], [rate(320, 390, 420)])).toEqual([])
  })

  it('says of a count when it changed at all', () => {
    expect(changes([rows(8)], [rows(7)])).toEqual(['| Keep up: rows | 8 | 7 | 0.16 | better |'])
    expect(changes([rows(8)], [rows(8.1)])).toEqual([])
  })

  it('compares counts only where times cannot be, and no figure that is new', () => {
    expect(changes([rate(100), rows(8)], [rate(200), rows(9)], true)).toEqual([
      '| Keep up: rows | 8 | 9 | 0.16 | worse |',
    ])
    expect(changes([], [rate(200)])).toEqual([])
  })
})
