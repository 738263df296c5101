// Counts what the service asks of its database and its queues, and can make each call take longer.
import type { ReceivedMessage } from '../../../src/delivery/consume.ts'
import { COUNTS, type DatabaseUse, type Door, type Reading } from './reading.ts'

/** The meter of this isolate. */
export const meter = {
  ...COUNTS,
  database: unused(),
  answered: {} as Reading['answered'],
  /** Added to each call to the database or a queue, as their distance is in production. */
  latencyMs: 0,
}

/** Answers what was counted, and counts from zero. */
export function readMeter(): Reading {
  const { latencyMs: _latency, ...counts } = meter
  const reading = structuredClone(counts)
  Object.assign(meter, COUNTS, { database: unused(), answered: {} })
  return reading
}

function unused(): Record<Door, DatabaseUse> {
  const zero = { roundTrips: 0, rowsRead: 0, rowsWritten: 0 }
  return { fetch: { ...zero }, queue: { ...zero }, scheduled: { ...zero } }
}

/** Counts each call once, whatever number of statements it carries. */
export function meterDatabase(database: D1Database, door: Door): D1Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (query: string) => meterStatement(target.prepare(query), door)
      if (name === 'batch') return (all: D1PreparedStatement[]) => batch(target, all, door)
      return Reflect.get(target, name)
    },
  })
}

/** Counts each call and its messages. */
export function meterQueue<Body>(queue: Queue<Body>): Queue<Body> {
  return new Proxy(queue, {
    get(target, name) {
      if (name !== 'sendBatch') return Reflect.get(target, name)
      return async (...[messages, options]: Parameters<typeof target.sendBatch>) => {
        const all = [...messages]
        meter.sends += 1
        meter.sent += all.length
        await distance()
        return target.sendBatch(all, options)
      }
    },
  })
}

/** What the service uses of a message, counting whether it was acknowledged or sent back. */
export function meterMessage<Body>(message: Message<Body>): Message<Body> {
  const { body } = message
  const counted: ReceivedMessage = {
    body,
    ack: () => {
      meter.acked += 1
      message.ack()
    },
    retry: (options) => {
      meter.retried += 1
      message.retry(options)
    },
  }
  // The consumer takes no more of a message than this.
  return counted as Message<Body>
}

const INNER = new WeakMap<D1PreparedStatement, D1PreparedStatement>()

function meterStatement(statement: D1PreparedStatement, door: Door): D1PreparedStatement {
  const metered = new Proxy(statement, {
    get(target, name) {
      if (name === 'bind')
        return (...values: unknown[]) => meterStatement(target.bind(...values), door)
      if (name === 'raw') return async () => toRaw(await call(() => target.all(), door))
      if (name === 'all' || name === 'run') return () => call(() => target.all(), door)
      if (name === 'first') throw new Error('the meter does not know first()')
      return Reflect.get(target, name)
    },
  })
  INNER.set(metered, statement)
  return metered
}

/** `raw` answers no meta; what it would have answered is in `all`, in the columns' order. */
function toRaw(result: D1Result): unknown[][] {
  // D1 answers each row as an object whose members are in the columns' order.
  return result.results.map((row) => Object.values(row as object))
}

async function call(send: () => Promise<D1Result>, door: Door): Promise<D1Result> {
  meter.database[door].roundTrips += 1
  await distance()
  const result = await send()
  count(result, door)
  return result
}

async function batch(
  database: D1Database,
  all: D1PreparedStatement[],
  door: Door,
): Promise<D1Result[]> {
  meter.database[door].roundTrips += 1
  await distance()
  const results = await database.batch(all.map((metered) => INNER.get(metered) ?? metered))
  for (const result of results) count(result, door)
  return results
}

function count({ meta }: D1Result, door: Door): void {
  const use = meter.database[door]
  use.rowsRead += meta.rows_read
  use.rowsWritten += meta.rows_written
}

async function distance(): Promise<void> {
  if (meter.latencyMs > 0) await scheduler.wait(meter.latencyMs)
}
