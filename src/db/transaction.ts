// Several statements as one transaction, in which each has a name.
import type { BatchItem } from 'drizzle-orm/batch'
import type { Database } from './client.ts'

/** A statement of a transaction. */
export type Statement = BatchItem<'sqlite'>

/** Two or three statements that belong together, one right after the other; the first one's rows are the answer. */
export type Pair<First extends Statement = Statement> = {
  first: First
  second: Statement
  third?: Statement | undefined
}

type Member = Statement | Pair | undefined

type RowsOf<Some> =
  Some extends Pair<infer First>
    ? First['_']['result']
    : Some extends Statement
      ? Some['_']['result']
      : never[]

/** What each statement answered, by its name; one that was left out answers no rows. */
export type Answers<Statements> = { [Name in keyof Statements]: RowsOf<Statements[Name]> }

/**
 * Runs the statements in the order in which they stand, all or none. One that is undefined is left out.
 * A statement may ask what the one before it changed (`changes()`): the two are a `Pair` then.
 */
export async function transaction<const Statements extends Record<string, Member>>(
  db: Database,
  statements: Statements,
): Promise<Answers<Statements>> {
  const places = new Map<string, number>()
  const all: Statement[] = []
  for (const [name, member] of Object.entries(statements)) {
    if (member === undefined) continue
    places.set(name, all.length)
    all.push(...statementsOf(member))
  }
  const [first, ...rest] = all
  const results: unknown[] = first ? await db.batch([first, ...rest]) : []
  const answers = Object.keys(statements).map((name) => [
    name,
    results[places.get(name) ?? -1] ?? [],
  ])
  // Each name has the result of its own statement, in the order of the batch.
  return Object.fromEntries(answers) as Answers<Statements>
}

function statementsOf(member: Statement | Pair): Statement[] {
  if (!('first' in member)) return [member]
  const { first, second, third } = member
  return third ? [first, second, third] : [first, second]
}
