// Where the org is at home: which of the databases counts, and what is done in the others.
import { getTableName } from 'drizzle-orm'
import { MOVED } from '../../../src/db/move/tables.ts'
import {
  DATABASES,
  type DatabaseName,
  type RowChange,
  type Rows,
  type SqlStatement,
} from '../outside/backend.ts'
import type { Actor, History, Operation, Row } from './history.ts'
import type { World } from './world.ts'

/** The database that the org is at home in. */
export function homeOf({ homes }: Pick<History, 'homes'>): DatabaseName {
  return homes.at(-1)?.database ?? 'DB'
}

/** The same after an operation. */
export function homeAt({ homes }: Pick<History, 'homes'>, tx: number): DatabaseName {
  return homes.findLast((one) => one.tx <= tx)?.database ?? 'DB'
}

/** Notes what the operator has stopped in a database, and what goes on there. */
export function noteStops(history: History, database: DatabaseName, changes: RowChange[]): void {
  for (const { kind, id, row } of changes) {
    if (kind !== 'stops') continue
    const isLifted = row['is_deleted'] === 1
    history.stops.push({ tx: history.tx, database, id, host: String(row['host']), isLifted })
  }
}

/** Whether a process carries moves on: it alone has to do with an org where it is not at home. */
export function isMover({ name }: Actor): boolean {
  return name.startsWith('move')
}

/** Whether a process is the operator's: what is about no org is done in each database. */
export function isOperator({ name }: Actor): boolean {
  return /^(?:stop|lift)\d/.test(name)
}

/** Notes the fence and its end: the other database is the org's home from then on, with what it holds. */
export async function noteMarks(
  world: World,
  operation: Operation,
  database: DatabaseName,
  changes: RowChange[],
): Promise<void> {
  const { history } = world
  const { tx } = operation
  for (const { kind, row } of changes) {
    const { state } = row
    const isMark = kind === 'departures' && row['is_deleted'] !== 1
    if (isMark && (state === 'copying' || state === 'leaving')) history.fences.push({ tx, state })
  }
  const arrived = changes.find(({ kind, row }) => kind === 'arrivals' && row['step'] === 'here')
  if (!arrived) return
  history.fences.push({ tx, state: 'open' })
  const countedTo = String(arrived.row['counted_to'] ?? '')
  const isCounted = changes.some(({ kind }) => kind === 'hourly_stats')
  const differences = await compare(world, homeOf(history), database, isCounted)
  history.homes.push({ tx, database, countedTo, differences })
  // The jobs of each database have heartbeats of their own: these count from now on.
  for (const row of await rowsOf(world, database, 'heartbeats'))
    history.changes.push({ ...operation, kind: 'heartbeats', id: String(row['name']), row })
}

/** Tables of orgs, in what is asked. */
const OF_ORGS =
  /\b(?:deliveries|events|endpoints|signing_secrets|idempotency_keys|audit_log|replays|replay_parts|replay_copies)\b/

/** Notes what a customer's call or a consumer has read of an org where that is not at home. */
export function noteElsewhere(
  { history }: World,
  actor: Actor,
  asked: SqlStatement[],
  answers: Rows[],
): void {
  const isHome = (asked[0]?.database ?? 'DB') === homeOf(history)
  if (isHome || actor.role === 'sweep' || isMover(actor) || isOperator(actor)) return
  const found = asked.filter(
    ({ sql }, place) => OF_ORGS.test(sql) && (answers[place] ?? []).length > 0,
  )
  history.misread.push(...found.map(({ sql }) => ({ tx: history.tx, actor, sql })))
}

async function compare(
  world: World,
  before: DatabaseName,
  after: DatabaseName,
  isCounted: boolean,
): Promise<string[]> {
  const differences: string[] = []
  for (const table of MOVED.map((one) => getTableName(one))) {
    if (table === 'hourly_stats' && isCounted) continue
    const [old, now] = [await textsOf(world, before, table), await textsOf(world, after, table)]
    const lost = [...old].filter((row) => !now.has(row))
    const added = [...now].filter((row) => !old.has(row) && !isArrival(table, row))
    differences.push(
      ...lost.map((row) => `lost of ${table}: ${row}`),
      ...added.map((row) => `come up in ${table}: ${row}`),
    )
  }
  return differences
}

/** That it has arrived is logged where it has come to alone. */
function isArrival(table: string, row: string): boolean {
  return table === 'audit_log' && row.includes('"org.arrive"')
}

async function textsOf(world: World, database: DatabaseName, table: string): Promise<Set<string>> {
  const rows = await rowsOf(world, database, table)
  // That what is over is the end of its call tells nothing any more: it need not go along.
  const open = table === 'call_ends' ? await rowsOf(world, database, 'deliveries') : []
  const pending = new Set(open.flatMap(({ id, status }) => (status === 'pending' ? [id] : [])))
  const counting = rows.filter(
    (row) => table !== 'call_ends' || pending.has(row['delivery_id'] ?? null),
  )
  return new Set(counting.map((row) => JSON.stringify(row)))
}

async function rowsOf({ backend }: World, database: DatabaseName, table: string): Promise<Row[]> {
  const rows = await backend.rows({ sql: `SELECT * FROM ${table}`, values: [], database })
  // Every column is a text, a number or NULL. What is about no org is nobody's.
  return (rows as Row[]).filter((row) => row['org_id'] !== '')
}

/** What is left of the org in the databases that it is not at home in, by table. */
export async function leftElsewhere(world: World): Promise<string[]> {
  const home = homeOf(world.history)
  const left: string[] = []
  for (const database of DATABASES.filter((one) => one !== home)) {
    for (const table of [...MOVED.map((one) => getTableName(one)), 'unsettled_deliveries']) {
      const { length } = await rowsOf(world, database, table)
      if (length > 0) left.push(`${length} rows of ${table} in ${database}`)
    }
  }
  return left
}
