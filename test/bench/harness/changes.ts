// What got better or worse since the run whose figures stay in the repository.
import { table, type Cell, type Figure, type Finding, type Setting } from './report.ts'
import { percentile, round } from './stats.ts'

/** What a run leaves for the next ones: each figure's rounds by its name, and where they were measured. */
export type Kept = { startedAt: string; machine: string; figures: Record<string, number[]> }

/** Requests and batches fall together a little differently each time: a count is the same within this part. */
const SAME_COUNT = 0.02

/** The figures of all findings, as the repository keeps them. */
export function toKept({ startedAt, machine }: Setting, findings: Finding[]): Kept {
  const figures = figuresOf(findings).map(({ name, rounds }) => [name, rounds.map(round)] as const)
  return { startedAt: startedAt.toISOString(), machine, figures: Object.fromEntries(figures) }
}

/**
 * Tells which figures differ from the kept ones by more than the noise: how far apart the rounds are, of
 * this run or of that one. With `onlyCounts` times are left out: another machine's, or a quick run's.
 */
export function changesToMarkdown(findings: Finding[], before: Kept, onlyCounts: boolean): string {
  const compared = figuresOf(findings).filter(
    ({ name, isCount }) => before.figures[name] && (isCount || !onlyCounts),
  )
  const rows = compared.flatMap((figure) => compare(figure, before.figures[figure.name] ?? []))
  const what = onlyCounts ? 'counts' : 'figures'
  const same = `${compared.length - rows.length} of ${compared.length} ${what} are as they were`
  const head = `${same} on ${before.startedAt}, within the noise of the rounds.`
  const changes = rows.length > 0 ? [table(['figure', 'before', 'now', 'noise', ''], rows), ''] : []
  return ['## Changes', '', head, '', ...changes].join('\n')
}

function figuresOf(findings: Finding[]): Figure[] {
  return findings.flatMap(({ scenario, figures = [] }) =>
    figures.map((figure) => Object.assign({}, figure, { name: `${scenario}: ${figure.name}` })),
  )
}

/** One row if it changed, and none otherwise. */
function compare(
  { name, rounds, isMoreBetter = false, isCount }: Figure,
  before: number[],
): Cell[][] {
  const [was, is] = [percentile(before, 50), percentile(rounds, 50)]
  const apart = [before, rounds].map((all) => Math.max(...all) - Math.min(...all))
  const noise = Math.max(...apart, isCount ? SAME_COUNT * was : 0)
  if (Math.abs(is - was) <= noise) return []
  return [[name, was, is, noise, is > was === isMoreBetter ? 'better' : 'worse']]
}
