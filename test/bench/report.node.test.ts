// The page of a full run is as the benchmark writes it, and as the formatter leaves it.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { draw } from './harness/plot.ts'
import { toPage, type Finding } from './harness/report.ts'

const FINDING: Finding = {
  scenario: 'Distance',
  note: 'Ms that the caller waits.',
  columns: ['call', 'p50'],
  plot: { title: 'Ms', names: 1, values: { '': 1 } },
  rows: [['accept', 9.234]],
  targets: [{ name: 'p50, ms', limit: 5, value: 9.234 }],
}
const SETTING = { startedAt: new Date('2026-11-25T04:17:57.307Z'), machine: 'A machine, 2 cores' }

describe('a full run', () => {
  it('is told in one page: a table of each scenario and its plot, then what came of the targets', () => {
    expect(toPage(SETTING, [FINDING]).split('\n').slice(4)).toEqual([
      '2026-11-25T04:17:57.307Z, A machine, 2 cores. What is marked as missed is missed.',
      '',
      '## Distance',
      '',
      'Ms that the caller waits.',
      '',
      '| call   |  p50 |',
      '| ------ | ---: |',
      '| accept | 9.23 |',
      '',
      '```text',
      'Ms',
      '',
      'accept  ████████████████████████████████████████ 9.23',
      '```',
      '',
      '## Targets',
      '',
      '| target  | limit | measured |        |',
      '| ------- | ----- | -------: | ------ |',
      '| p50, ms | ≤ 5   |     9.23 | missed |',
      '',
    ])
  })

  it('begins and ends as the page that stands in the repository', async () => {
    const page = await readFile(new URL('RESULTS.md', import.meta.url), 'utf8')
    const [head] = toPage(SETTING, [FINDING]).split(SETTING.startedAt.toISOString())
    expect(page.startsWith(head ?? '-')).toBe(true)
    expect(page).toContain('\n\n## Targets\n\n| target')
  })
})

describe('a plot', () => {
  it('has a bar for each row and column, as long as its figure is large', () => {
    const plot = { title: 'Ms', names: 2, values: { p50: 2, p99: 3 } }
    const rows = [
      ['accept', 0, 5, 10],
      ['redeliver', 20, 2.5, 0.1],
    ]
    expect(draw(plot, rows).split('\n')).toEqual([
      'Ms',
      '',
      'accept  0  p50      ████████████████████ 5',
      'accept  0  p99      ████████████████████████████████████████ 10',
      'redeliver  20  p50  ██████████ 2.5',
      'redeliver  20  p99  ▍ 0.1',
    ])
  })

  it('draws nothing where the table has no figure, and takes figures that are text', () => {
    const plot = { title: 'Dollars', names: 1, values: { '': 1 } }
    const rows = [
      ['calls', ''],
      ['rows', '4.40'],
      ['queue', '0.00'],
    ]
    expect(draw(plot, rows).split('\n').slice(2)).toEqual([
      'rows   ████████████████████████████████████████ 4.4',
      'queue   0',
    ])
  })
})
