// What the meter counts, as the bench reads it.

/** What was counted since the last reading. */
export const COUNTS = {
  requests: 0,
  /** Consumer invocations, and the messages they received, acknowledged or sent back. */
  invocations: 0,
  received: 0,
  acked: 0,
  retried: 0,
  /** Queues: calls, and messages sent. */
  sends: 0,
  sent: 0,
  /** Lines of the service's own log. */
  logLines: 0,
}

/** Which handler of the Worker asked. */
export type Door = 'fetch' | 'queue' | 'scheduled'

/** D1: calls that cross the network, and what its own `meta` says they read and wrote. */
export type DatabaseUse = { roundTrips: number; rowsRead: number; rowsWritten: number }

/** One reading of the meter; what was asked of D1 by who asked, and by the name of the database. */
export type Reading = typeof COUNTS & {
  database: Record<Door, DatabaseUse>
  databases: Record<string, DatabaseUse>
  answered: Record<number, number>
  /** Messages that requests sent down each lane. */
  queued: Record<string, number>
}
