// What came of each thing that was tried: told at once, counted, and how far it all is.
import { Progress } from '../../src/cli/progress.ts'

/** Things are tried by language, which is a step more; `started` is by `performance.now()`. */
export type Tally = {
  /** A language is ready. */
  begin: (language: string, started: number) => void
  pass: (title: string, started: number) => void
  fail: (title: string, error: unknown) => void
  /** A language with `count` things in it cannot be tried. */
  skipAll: (language: string, reason: string, count: number) => void
  failAll: (language: string, error: unknown, count: number) => void
  /** Prints the counts; with a failure, or nothing to try, the process is to end with 1. */
  finish: () => void
}

/** One that has counted nothing yet; `sizes` are how many things there are in each language. */
export function createTally(sizes: number[]): Tally {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const steps = sizes.reduce((sum, size) => sum + 1 + size, 0)
  const progress = new Progress(steps, 'installs', { unit: 'steps' })
  function count(of: keyof typeof counts, by: number, line: string[], also = 0): void {
    counts[of] += by
    progress.advance(undefined, by + also)
    progress.print(line.join('  '))
  }
  return {
    begin(language, started) {
      progress.advance(`tries ${language}`)
      progress.print(['    ', `${language}: installed`, secondsSince(started)].join('  '))
    },
    pass: (title, started) => count('passed', 1, ['ok  ', title, secondsSince(started)]),
    fail: (title, error) => count('failed', 1, ['FAIL', title, toText(error)]),
    skipAll: (language, reason, size) => count('skipped', size, ['skip', language, reason], 1),
    failAll: (language, error, size) => count('failed', size, ['FAIL', language, toText(error)], 1),
    finish() {
      progress.stop()
      const { passed, failed, skipped } = counts
      console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
      process.exitCode = failed > 0 || sizes.length === 0 ? 1 : 0
    },
  }
}

function toText(error: unknown): string {
  return String(error).slice(0, 4000)
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
