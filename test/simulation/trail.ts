// A database that remembers the run before: as far as the next one asks the same, nothing is run again.
import type { Backend, Restore, RowChange, Rows, SqlStatement } from './outside/backend.ts'
import type { Sqlite } from './sqlite-d1.ts'

/** Savepoints at a time; SQLite looks at each of them whenever it writes. */
const MAX_MARKS = 150

/** What was asked, and what came of it. */
type Step = {
  asked: SqlStatement[]
  answer: Rows[]
  error: unknown
  changes: RowChange[]
  /** The mark that was made before it, if one was. */
  mark: number | undefined
}

/**
 * Runs that begin alike are alike up to where they part, answers included, for SQL has neither clock nor
 * chance here. So a run's first statements are answered from memory, and where it parts from the run
 * before, the tables are taken back to how they were there.
 */
export class Trail implements Backend {
  readonly #sqlite: Sqlite
  readonly #steps: Step[] = []
  #marks = 0
  /** How many of the steps this run has gone. */
  #place = 0
  #changes: RowChange[] = []

  constructor(sqlite: Sqlite) {
    this.#sqlite = sqlite
  }

  rows = (statement: SqlStatement): Rows => this.transaction([statement])[0] ?? []

  transaction = (asked: SqlStatement[]): Rows[] => {
    const known = this.#steps[this.#place]
    if (known && !isSame(known.asked, asked)) this.#part()
    const step = this.#steps[this.#place] ?? this.#take(asked)
    this.#place += 1
    this.#changes = step.changes
    if (step.error !== undefined) throw step.error
    return step.answer
  }

  /** The next run begins, with empty tables. */
  empty = (): void => {
    this.#place = 0
  }

  takeChanges = (): RowChange[] => this.#changes

  /** A run may begin there, as long as its beginning is the run's before. */
  save = (): Restore => {
    const place = this.#place
    return () => {
      this.#place = place
    }
  }

  /** A step that no run before has gone from here. */
  #take(asked: SqlStatement[]): Step {
    const step: Step = { asked, answer: [], error: undefined, changes: [], mark: undefined }
    if (this.#marks < MAX_MARKS && !asked.every(isRead)) {
      step.mark = this.#marks
      this.#marks += 1
      this.#sqlite.mark(step.mark)
    }
    try {
      step.answer = this.#sqlite.run(asked)
    } catch (error) {
      step.error = error
    }
    const changes = this.#sqlite.takeChanges()
    if (step.error === undefined) step.changes = changes
    this.#steps.push(step)
    return step
  }

  /** Forgets the steps from here on, and takes back what they did. */
  #part(): void {
    const left = this.#steps.splice(this.#place)
    const first = left.find(({ asked }) => !asked.every(isRead))
    if (!first) return
    if (first.mark !== undefined) return this.#goBack(first.mark)
    // There are no marks this far: back to the last one, and from there again.
    const [marked, ...others] = this.#steps.splice(this.#steps.findLastIndex(isMarked))
    this.#goBack(marked?.mark ?? 0)
    for (const { asked } of marked ? [marked, ...others] : []) this.#take(asked)
  }

  #goBack(mark: number): void {
    this.#sqlite.goBack(mark)
    this.#marks = mark
  }
}

function isMarked({ mark }: Step): boolean {
  return mark !== undefined
}

function isRead({ sql }: SqlStatement): boolean {
  return /^\s*select\b/i.test(sql)
}

function isSame(some: SqlStatement[], others: SqlStatement[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ sql, values, database }, place) => {
      const other = others[place]
      return (
        sql === other?.sql &&
        database === other.database &&
        values.length === other.values.length &&
        values.every((value, index) => value === other.values[index])
      )
    })
  )
}
