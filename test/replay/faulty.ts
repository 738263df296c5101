// A database that fails at a call, or in which something happens just before one.
import { env } from 'cloudflare:workers'
import type { Json } from '../world.ts'

/** Whether a call writes a step. */
export const isStepWrite = (text: string) => text.includes('UPDATE replays AS r')

/** What becomes of a call of the database: its answer is lost, or it never gets there. */
export type Fault = 'answer' | 'call' | undefined

/** A database whose calls have the fault that their statements' text is told. */
export function faulty(d1: D1Database, faultOf: (text: string) => Fault): D1Database {
  const run = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
    const fault = faultOf(text)
    if (fault === 'call') throw new Error('D1_ERROR: Network connection lost.')
    const result = await work()
    if (fault === 'answer') throw new Error('D1_ERROR: Network connection lost.')
    return result
  }
  const wrap = (text: string, inner: D1PreparedStatement): Json => ({
    text,
    inner,
    bind: (...values: unknown[]) => wrap(text, inner.bind(...values)),
    all: () => run(text, () => inner.all()),
    raw: () => run(text, () => inner.raw()),
    run: () => run(text, () => inner.run()),
  })
  const db = {
    prepare: (text: string) => wrap(text, d1.prepare(text)),
    batch: (some: { text: string; inner: D1PreparedStatement }[]) =>
      run(some.map(({ text }) => text).join(';'), () => d1.batch(some.map(({ inner }) => inner))),
  }
  // The service prepares, binds and runs or batches: all here.
  return db as unknown as D1Database
}

/** A database in which something happens before a call whose statements' text is meant. */
export function before(
  isMeant: (text: string) => boolean,
  act: () => Promise<unknown>,
): D1Database {
  const db = faulty(env.DB, () => undefined)
  const batch = db.batch.bind(db)
  db.batch = async <T>(some: D1PreparedStatement[]) => {
    // The statements are those of `faulty`.
    const texts = (some as unknown as { text: string }[]).map(({ text }) => text)
    if (texts.some(isMeant)) await act()
    return batch<T>(some)
  }
  return db
}
