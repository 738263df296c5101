// Cloudflare's prices, beyond what the paid plan includes, and what a delivery's use comes to.

/** When the list below was read. */
export const PRICES_AS_OF = 'November 2026'

/** Dollars, each for the unit in its name. Source: Cloudflare's pricing pages of Workers, Queues and D1. */
const PRICES = {
  millionRequests: 0.3,
  millionCpuMs: 0.02,
  millionQueueOperations: 0.4,
  millionRowsWritten: 1,
  millionRowsRead: 0.001,
  gigabyteMonth: 0.75,
  millionLogLines: 0.6,
}

/** What one delivery uses. A message is three queue operations: it is written, read and deleted. */
export type Use = {
  requests: number
  cpuMs: number
  queueOperations: number
  rowsWritten: number
  rowsRead: number
  /** KB kept in the database while it is stored. */
  storedKb: number
  logLines: number
}

const DAYS_A_MONTH = 30

/** Dollars for a million deliveries, each stored for so many days: what each part of their use comes to. */
export function dollarsPerMillion(use: Use, days: number): Use {
  return {
    requests: PRICES.millionRequests * use.requests,
    cpuMs: PRICES.millionCpuMs * use.cpuMs,
    queueOperations: PRICES.millionQueueOperations * use.queueOperations,
    rowsWritten: PRICES.millionRowsWritten * use.rowsWritten,
    rowsRead: PRICES.millionRowsRead * use.rowsRead,
    // A million times a KB is a GB.
    storedKb: PRICES.gigabyteMonth * use.storedKb * (days / DAYS_A_MONTH),
    logLines: PRICES.millionLogLines * use.logLines,
  }
}
