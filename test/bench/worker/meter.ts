// Counts what the service asks of its database and its queues, and can make each call take longer.
import type { Lane } from '../../../src/world.ts'
import type { ReceivedMessage } from '../../../src/delivery/consume.ts'
import { COUNTS, type DatabaseUse, type Door, type Reading } from './reading.ts'

const ZERO: DatabaseUse = { roundTrips: 0, rowsRead: 0, rowsWritten: 0 }

/** The meter of this isolate. */
export const meter = {
  ...COUNTS,
  database: unused(),
  databases: {} as Reading['databases'],
  answered: {} as Reading['answered'],
  queued: {} as Reading['queued'],
  /** Added to each call to the database or a queue, as their distance is in production. */
  latencyMs: 0,
}

/** Answers what was counted, and counts from zero. */
export function readMeter(): Reading {
  const { latencyMs: _latency, ...counts } = meter
  const reading = structuredClone(counts)
  Object.assign(meter, COUNTS, { database: unused(), databases: {}, answered: {}, queued: {} })
  return reading
}

function unused(): Record<Door, DatabaseUse> {
  return { fetch: { ...ZERO }, queue: { ...ZERO }, scheduled: { ...ZERO } }
}

/** Who asks, and which database. */
type Line = { door: Door; name: string }

/** Counts each call once, whatever number of statements it carries. */
export function meterDatabase(database: D1Database, line: Line): D1Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (query: string) => meterStatement(target.prepare(query), line)
      if (name === 'batch') return (all: D1PreparedStatement[]) => batch(target, all, line)
      return Reflect.get(target, name)
    },
  })
}

/** Counts each call and its messages; by lane those of requests. */
export function meterQueue<Body>(queue: Queue<Body>, door: Door, lane: Lane): Queue<Body> {
  return new Proxy(queue, {
    get(target, name) {
      if (name !== 'sendBatch') return Reflect.get(target, name)
      return async (...[messages, options]: Parameters<typeof target.sendBatch>) => {
        const all = [...messages]
        meter.sends += 1
        meter.sent += all.length
        if (door === 'fetch') meter.queued[lane] = (meter.queued[lane] ?? 0) + all.length
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

function meterStatement(statement: D1PreparedStatement, line: Line): D1PreparedStatement {
  const metered = new Proxy(statement, {
    get(target, name) {
      if (name === 'bind')
        return (...values: unknown[]) => meterStatement(target.bind(...values), line)
      if (name === 'raw') return async () => toRaw(await call(() => target.all(), line))
      if (name === 'all' || name === 'run') return () => call(() => target.all(), line)
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

async function call(send: () => Promise<D1Result>, line: Line): Promise<D1Result> {
  for (const use of usesOf(line)) use.roundTrips += 1
  await distance()
  const result = await send()
  count(result, line)
  return result
}

async function batch(
  database: D1Database,
  all: D1PreparedStatement[],
  line: Line,
): Promise<D1Result[]> {
  for (const use of usesOf(line)) use.roundTrips += 1
  await distance()
  const results = await database.batch(all.map((metered) => INNER.get(metered) ?? metered))
  for (const result of results) count(result, line)
  return results
}

function count({ meta }: D1Result, line: Line): void {
  for (const use of usesOf(line)) {
    use.rowsRead += meta.rows_read
    use.rowsWritten += meta.rows_written
  }
}

function usesOf({ door, name }: Line): DatabaseUse[] {
  return [meter.database[door], (meter.databases[name] ??= { ...ZERO })]
}

async function distance(): Promise<void> {
  if (meter.latencyMs > 0) await scheduler.wait(meter.latencyMs)
}
