// Runs the sample on SQLite, in Node, for the test that runs it on D1, in workerd.
import type { TestProject } from 'vitest/node'
import { SAMPLE, tablesOf } from './agreement.ts'
import { Tester } from './tester.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The tables after each schedule of the sample. */
    tablesOnSqlite: string[][]
  }
}

/** Vitest runs it once, before the tests. */
export async function setup({ provide }: TestProject): Promise<void> {
  const tester = new Tester()
  const all: string[][] = []
  for (const schedule of SAMPLE) all.push(tablesOf((await tester.try(schedule)).run))
  tester.release()
  provide('tablesOnSqlite', all)
}
