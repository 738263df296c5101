// Columns of a table as bars, in plain text: readable in a terminal, on a page and without colour.
import { round } from './stats.ts'

/**
 * What of a table is drawn: columns by their places, with what each is called, '' where it is the only one. Each bar is
 * named by its row's first `names` cells, too.
 */
export type Plot = { title: string; names: number; values: Record<string, number> }

const LONGEST = 40

/** Eighths of a character. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

type Bar = { name: string; value: number }

/** The title, and the bars, one a line; cells without a figure have none. */
export function draw({ title, names, values }: Plot, rows: (number | string)[][]): string {
  const bars = rows.flatMap((row) =>
    Object.entries(values).flatMap(([called, place]): Bar[] => {
      const value = row[place] === '' ? Number.NaN : Number(row[place])
      const name = [...row.slice(0, names), called].join('  ').trimEnd()
      return Number.isFinite(value) ? [{ name, value }] : []
    }),
  )
  const most = Math.max(...bars.map(({ value }) => value))
  const width = Math.max(...bars.map(({ name }) => name.length))
  const lines = bars.map(
    ({ name, value }) => `${name.padEnd(width)}  ${toBlocks(value / most)} ${round(value)}`,
  )
  return [title, '', ...lines].join('\n')
}

function toBlocks(share: number): string {
  const eighths = Math.round(LONGEST * share * 8) || 0
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
