// The simulation's SQLite and real D1 come to the same tables.
import { env } from 'cloudflare:workers'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { SAMPLE, tablesOf } from './agreement.ts'
import type { Backend, SqlStatement } from './outside/backend.ts'
import { tameGlobals } from './outside/chance.ts'
import { formatSchedule } from './schedules/schedule.ts'
import { Runs } from './world/run.ts'

const release = tameGlobals(() => new Uint8Array(32))

afterAll(release)

const prepare = ({ sql, values }: SqlStatement): D1PreparedStatement =>
  env.DB.prepare(sql).bind(...values)

const d1: Backend = {
  rows: async (statement) => (await prepare(statement).all()).results,
  transaction: async (statements) => {
    // Rows of any statement are objects by column.
    const answers = await env.DB.batch<Record<string, unknown>>(statements.map(prepare))
    return answers.map(({ results }) => results)
  },
  // test/setup.ts does it, before each test.
  empty: () => {},
  takeChanges: () => [],
  // Nothing begins where another run was.
  save: () => () => {},
}

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('a schedule on D1', () => {
  it.each(SAMPLE.map((schedule, place) => ({ text: formatSchedule(schedule), schedule, place })))(
    'ends with the tables it has on SQLite: $text',
    async ({ schedule, place }) => {
      const run = await new Runs(d1, idle).run(schedule)
      expect(tablesOf(run)).toEqual(inject('tablesOnSqlite')[place])
    },
  )
})
