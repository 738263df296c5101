// What the simulated D1 needs of a real database: SQLite in this process, or D1 itself.

/** The databases, as DATABASES names them. */
export const DATABASES = ['DB', 'DB2'] as const

/** One of them. */
export type DatabaseName = (typeof DATABASES)[number]

/** One statement and its parameters in order; it is for the first database, unless it says so. */
export type SqlStatement = { sql: string; values: unknown[]; database?: DatabaseName }

/** A row as it is after a change, of its attempt log the length; a deleted one's last state has `is_deleted`. */
export type RowChange = {
  kind: TableName
  id: string
  row: Record<string, string | number | null>
}

/** What a statement answers. */
export type Rows = Record<string, unknown>[]

/** A database; answers may be immediate. */
export type Backend = {
  rows: (statement: SqlStatement) => Rows | Promise<Rows>
  transaction: (statements: SqlStatement[]) => Rows[] | Promise<Rows[]>
  /** Deletes every row of every table. */
  empty: () => void | Promise<void>
  /** The rows that changed since it was asked last; none where nobody records them. */
  takeChanges: () => RowChange[]
  save: () => Restore
}

/** Takes its maker back to how it was when it made this, as often as it is called. */
export type Restore = () => void

/** The tables whose changes the checks look at. */
export const RECORDED = [
  'endpoints',
  'deleted_endpoints',
  'signing_secrets',
  'events',
  'deliveries',
  'idempotency_keys',
  'audit_log',
  'hourly_stats',
  'heartbeats',
  'dead_letters',
  'departures',
  'arrivals',
  'replays',
  'replay_parts',
  'replay_copies',
  'stops',
  'deleted_orgs',
  'notices',
] as const

/** One of RECORDED. */
export type TableName = (typeof RECORDED)[number]
