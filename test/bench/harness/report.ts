// How a scenario's figures are told: a table, and the targets with what came of them.
import { draw, type Plot } from './plot.ts'
import { round } from './stats.ts'

/** A cell: a figure in the unit that its column names, or text. */
export type Cell = number | string

/**
 * A goal, and what was measured; `limit` is the worst value that meets it. A count is the same on every
 * machine, a time is not.
 */
type Target = { name: string; limit: number; atLeast?: boolean; isCount?: boolean; value: number }

/** What runs are compared by: a figure, by its name in the scenario, as each of its rounds measured it. */
export type Figure = { name: string; rounds: number[]; isMoreBetter?: boolean; isCount?: boolean }

/** What a scenario found. */
export type Finding = {
  scenario: string
  /** One sentence: what was done, and what bounds it here. */
  note: string
  columns: string[]
  rows: Cell[][]
  /** What of it is shown as bars, too. */
  plot?: Plot
  targets: Target[]
  figures?: Figure[]
}

/** What a run was: when it began, and on what machine. */
export type Setting = { startedAt: Date; machine: string }

/** A full run as the page that stays in the repository. */
export function toPage({ startedAt, machine }: Setting, findings: Finding[]): string {
  const head = `# Results

Written by \`npm run bench\`, when it ran in full. What was measured and what limits it: \`README.md\`, beside this page.

${startedAt.toISOString()}, ${machine}. What is marked as missed is missed.
`
  return [head, ...findings.map(toMarkdown), targetsToMarkdown(findings)].join('\n')
}

/** The finding as a Markdown section: a table, and what of it is drawn. */
export function toMarkdown({ scenario, note, columns, rows, plot }: Finding): string {
  const drawn = plot === undefined ? [] : ['```text', draw(plot, rows), '```', '']
  return [`## ${scenario}`, '', note, '', table(columns, rows), '', ...drawn].join('\n')
}

/** The targets of all findings as one Markdown table. */
export function targetsToMarkdown(findings: Finding[]): string {
  const rows = findings
    .flatMap(({ targets }) => targets)
    .map((target) => [
      target.name,
      `${target.atLeast ? '≥' : '≤'} ${target.limit}`,
      target.value,
      isMet(target) ? 'met' : 'missed',
    ])
  return ['## Targets', '', table(['target', 'limit', 'measured', ''], rows), ''].join('\n')
}

/** True when no count is on the wrong side of its limit, whatever the times are. */
export function areCountsMet(findings: Finding[]): boolean {
  return findings.every(({ targets }) => targets.every((one) => !one.isCount || isMet(one)))
}

/** True when the value is on the right side of its limit. */
function isMet({ limit, atLeast, value }: Target): boolean {
  return atLeast ? value >= limit : value <= limit
}

/** A Markdown table; a column of numbers stands on the right. */
export function table(columns: string[], rows: Cell[][]): string {
  const cells = [columns, ...rows].map((row) => row.map(show))
  const widths = columns.map((_, place) =>
    Math.max(3, ...cells.map((row) => row[place]?.length ?? 0)),
  )
  const isNumber = columns.map((_, place) => rows.every((row) => typeof row[place] === 'number'))
  const line = (row: string[]) =>
    `| ${row.map((cell, place) => pad(cell, widths[place] ?? 0, isNumber[place] ?? false)).join(' | ')} |`
  const rule = widths.map((width, place) =>
    isNumber[place] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  const [head = [], ...body] = cells
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n')
}

function show(cell: Cell): string {
  return typeof cell === 'number' ? String(round(cell)) : cell
}

function pad(text: string, width: number, isRight: boolean): string {
  return isRight ? text.padStart(width) : text.padEnd(width)
}
