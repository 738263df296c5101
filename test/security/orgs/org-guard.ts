// Reads every statement on its way to D1, and finds those that touch org data without binding the org.
import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import * as moves from '../../../src/db/move/schema.ts'
import * as notices from '../../../src/db/notices/schema.ts'
import * as ordering from '../../../src/db/ordering/schema.ts'
import * as replays from '../../../src/db/replays/schema.ts'
import * as schema from '../../../src/db/schema.ts'
import * as upkeep from '../../../src/db/upkeep/schema.ts'

/** Tables without an `org_id`, and why their statements bind no org. */
const NO_ORG_DATA: Readonly<Record<string, string>> = {
  counts: 'what isolates have counted, of all orgs together',
  heartbeats: 'instants of the whole service: when its jobs last ran',
  host_proofs: 'hosts that the whole service sends to',
  own_hosts: 'host names of the whole service',
  sessions: 'found by the digest of a secret token, before the org is known; its key knows the org',
}

type Table = { name: string; columns: string[] }

const tables: Table[] = [schema, replays, moves, upkeep, notices, ordering]
  .flatMap((some): unknown[] => Object.values(some))
  .filter((value) => is(value, SQLiteTable))
  .map((table: SQLiteTable) => ({
    name: getTableName(table),
    columns: Object.values(getTableColumns(table)).map(({ name }) => name),
  }))

/** The tables that are neither org data nor a named exception, and the exceptions that are none. */
export function findUnplaced(known = tables, exceptions = NO_ORG_DATA): string[] {
  const orgColumns = toOrgColumns(known)
  const names = known.map(({ name }) => name)
  const unplaced = names.filter((name) => name in exceptions === name in orgColumns)
  return [...unplaced, ...Object.keys(exceptions).filter((name) => !names.includes(name))]
}

/** Tables whose rows belong to an org, by the column that says to which. */
function toOrgColumns(known: Table[]): Record<string, string> {
  const ofOrgs = known.filter(({ columns }) => columns.includes('org_id'))
  return { ...Object.fromEntries(ofOrgs.map(({ name }) => [name, 'org_id'])), orgs: 'id' }
}

const ORG_COLUMNS: Readonly<Record<string, string>> = toOrgColumns(tables)

const TOKEN = /'(?:[^']|'')*'|"[^"]*"|[A-Za-z_][\w$]*|\d+|->>|->|<>|<=|>=|\|\||\S/g

/** Words that can stand where an alias could. */
const NO_ALIAS = new Set(
  'CROSS JOIN LEFT INNER ON WHERE SET ORDER GROUP LIMIT RETURNING VALUES SELECT UNION'.split(' '),
)

/** A table in one SELECT, UPDATE, DELETE or INSERT, and the name it goes by there. */
type Reference = { table: string; alias: string }

/** One statement or SELECT, each arm of a UNION by itself, without the SELECTs inside it. */
type Scope = { tokens: string[]; references: Reference[]; outer: Scope | undefined }

/** What is wrong with a statement, or undefined; `isOrg` knows the orgs that the caller may touch. */
export function findOrgFault(
  sql: string,
  values: readonly unknown[],
  isOrg: (value: unknown) => boolean,
): string | undefined {
  for (const scope of parseScopes(tokenize(sql, values, isOrg))) {
    const loose = scope.references.find(({ alias }) => !isBound(scope, alias, []))
    if (loose) return `${loose.table} is not bound to the org in: ${sql.replaceAll(/\s+/g, ' ')}`
  }
  return undefined
}

/** Parameters become tokens: `?org` is the id of an org of the caller's, `?` any other value. */
function tokenize(sql: string, values: readonly unknown[], isOrg: (value: unknown) => boolean) {
  const rest = values.values()
  return (sql.match(TOKEN) ?? []).map((token) => {
    if (token === '?') return isOrg(rest.next().value) ? '?org' : '?'
    return token.startsWith('"') ? token.slice(1, -1) : token
  })
}

function parseScopes(tokens: string[]): Scope[] {
  const scopes: Scope[] = []
  const begin = (outer?: Scope) => {
    const scope: Scope = { tokens: [], references: [], outer }
    scopes.push(scope)
    return scope
  }
  let current = begin()
  // Where each closing parenthesis leads back to; only a SELECT in parentheses is a scope of its own.
  const open: Scope[] = []
  for (const [place, token] of tokens.entries()) {
    if (token === ')') current = open.pop() ?? current
    if (token.toUpperCase() === 'UNION') current = begin(current.outer)
    else current.tokens.push(token)
    if (token !== '(') continue
    open.push(current)
    if (tokens[place + 1]?.toUpperCase() === 'SELECT') current = begin(current)
  }
  for (const scope of scopes) scope.references = findReferences(scope.tokens)
  return scopes
}

function findReferences(tokens: string[]): Reference[] {
  return tokens.flatMap((token, place) => {
    const previous = tokens[place - 1]?.toUpperCase()
    const isNaming = /^(?:FROM|JOIN|UPDATE|INTO)$/i.test(token)
    // "ON CONFLICT DO UPDATE" and "IS DISTINCT FROM" name no table.
    if (!isNaming || previous === 'DO' || previous === 'DISTINCT') return []
    return readReferences(tokens, place + 1)
  })
}

/** The table at a place, and those after it in a list. */
function readReferences(tokens: string[], place: number): Reference[] {
  const table = tokens[place] ?? ''
  let at = tokens[place] === '(' || tokens[place + 1] === '(' ? skipCall(tokens, place) : place + 1
  const isInsert = tokens[place - 1]?.toUpperCase() === 'INTO'
  if (tokens[at]?.toUpperCase() === 'AS') at += 1
  const name = tokens[at] ?? ''
  const hasAlias = !isInsert && /^\w+$/.test(name) && !NO_ALIAS.has(name.toUpperCase())
  const own = table in ORG_COLUMNS ? [{ table, alias: hasAlias ? name : table }] : []
  if (hasAlias) at += 1
  return tokens[at] === ',' && !isInsert ? [...own, ...readReferences(tokens, at + 1)] : own
}

/** The place after a subquery, a function's call, or the columns of an INSERT. */
function skipCall(tokens: string[], start: number): number {
  let at = tokens.indexOf('(', start)
  for (let depth = 0; at < tokens.length; at += 1) {
    if (tokens[at] === '(') depth += 1
    if (tokens[at] === ')') depth -= 1
    if (depth === 0) return at + 1
  }
  return at
}

/**
 * Whether a table's org is given: by the org's id as a parameter, by a message's `orgId`, by the org of
 * another table that is bound itself, or, of a row that is inserted, by standing in it.
 */
function isBound(scope: Scope, alias: string, seen: string[]): boolean {
  const { tokens, references } = scope
  const table = references.find((reference) => reference.alias === alias)?.table ?? ''
  const column = ORG_COLUMNS[table] ?? ''
  if (tokens[0]?.toUpperCase() === 'INSERT' && references[0]?.alias === alias) {
    return givesOrg(scope, insertedTerm(tokens, column), [...seen, alias])
  }
  return tokens.some((token, place) => {
    if (token !== column) return false
    const isQualified = tokens[place - 1] === '.'
    if (isQualified ? tokens[place - 2] !== alias : references.length > 1) return false
    const start = isQualified ? place - 2 : place
    if (isInRow(tokens, start, place)) return true
    const sides = [
      tokens[place + 1] === '=' ? tokens.slice(place + 2, place + 7) : [],
      tokens[start - 1] === '=' ? tokens.slice(start - 4, start - 1) : [],
      isOrNobody(tokens, place) ? tokens.slice(place + 5, place + 10) : [],
    ]
    return sides.some((term) => givesOrg(scope, term, [...seen, alias]))
  })
}

/** `org_id IN ('', …)`: the org's, or nobody's. */
function isOrNobody(tokens: string[], place: number): boolean {
  return tokens.slice(place + 1, place + 5).join(' ') === "IN ( '' ,"
}

/** `(…, org_id, …) IN (SELECT …)`: the rows come from a SELECT that is judged by itself. */
function isInRow(tokens: string[], start: number, place: number): boolean {
  const end = tokens.indexOf(')', place)
  const row = tokens.slice(tokens.lastIndexOf('(', start) + 1, end)
  const isRow = row.includes(',') && row.every((token) => /^(?:\w+|[.,])$/.test(token))
  return isRow && tokens[end + 1]?.toUpperCase() === 'IN' && tokens[end + 2] === '('
}

/** What the VALUES or the SELECT of an INSERT have in a column's place. */
function insertedTerm(tokens: string[], column: string): string[] {
  const columns = tokens.slice(tokens.indexOf('(') + 1, tokens.indexOf(')'))
  let left = columns.filter((token) => token !== ',').indexOf(column)
  if (left < 0) return []
  const source = tokens.slice(tokens.indexOf(')') + 2)
  let depth = 0
  for (const [place, token] of (source[0] === '(' ? source.slice(1) : source).entries()) {
    if (left === 0) return source.slice(place + (source[0] === '(' ? 1 : 0)).slice(0, 5)
    if (token === '(') depth += 1
    if (token === ')') depth -= 1
    if (token === ',' && depth === 0) left -= 1
  }
  return []
}

/** A term is `?org`, `''` for what is nobody's, `x.value ->> 'orgId'`, or the org of a table or subquery that is bound itself. */
function givesOrg(scope: Scope, [first = '', dot, ...rest]: string[], seen: string[]): boolean {
  if (first === '?org' || first === "''") return true
  if (dot !== '.') return false
  const [column, arrow, member] = rest
  if (column === 'value') return arrow === '->>' && member === "'orgId'"
  const owner = findOwner(scope, first)
  // The name of a subquery: that is a scope, and is judged by itself.
  if (!owner) return column === 'org_id'
  const { table = '' } = owner.references.find(({ alias }) => alias === first) ?? {}
  return column === ORG_COLUMNS[table] && !seen.includes(first) && isBound(owner, first, seen)
}

function findOwner(scope: Scope | undefined, alias: string): Scope | undefined {
  if (!scope || scope.references.some((reference) => reference.alias === alias)) return scope
  return findOwner(scope.outer, alias)
}

/** A database that shows each statement with its parameters to `check` before it runs it. */
export function watchDatabase(
  d1: D1Database,
  check: (sql: string, values: unknown[]) => void,
): D1Database {
  const watch = (sql: string, inner: D1PreparedStatement) => ({
    inner,
    bind: (...values: unknown[]) => {
      check(sql, values)
      return watch(sql, inner.bind(...values))
    },
    all: () => inner.all(),
    raw: () => inner.raw(),
    run: () => inner.run(),
  })
  const watched = {
    prepare: (sql: string) => {
      if (!sql.includes('?')) check(sql, [])
      return watch(sql, d1.prepare(sql))
    },
    batch: (statements: { inner: D1PreparedStatement }[]) =>
      d1.batch(statements.map(({ inner }) => inner)),
  }
  // The service calls prepare and batch, and on a statement bind, all, raw and run: all here.
  return watched as unknown as D1Database
}
