// What stands for the Worker once the provider has it: its health, and the operator's two routes, on its database.
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { CutError, type Provider } from './provider.ts'

type Asked = { method: string; path: string; token: string; idempotencyKey: string }

/** Answers as the Worker of that name does; 404 until it is there with its name. */
export function answerAs(provider: Provider, name: string, asked: Asked): Response {
  const worker = provider.workers.get(name)
  if (!worker?.hasUrl) return new Response('There is nothing here yet', { status: 404 })
  const vars = worker.versions.find(({ id }) => id === worker.deployments.at(-1)?.versionId)?.vars
  const database = provider.databases.get(vars?.['database'] ?? '')
  if (asked.path === '/healthz') {
    const isWell =
      database !== undefined && has(database.sql, 'orgs') && worker.schedules.length > 0
    return Response.json(
      { status: isWell ? 'ok' : 'database_unreachable' },
      { status: isWell ? 200 : 503 },
    )
  }
  if (asked.token !== worker.secrets.get('ADMIN_TOKEN')) return new Response('', { status: 401 })
  if (!database) return new Response('', { status: 503 })
  return operate(provider, database.sql, asked)
}

function has(sql: DatabaseSync, table: string): boolean {
  return sql.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined
}

const answered = new WeakMap<DatabaseSync, Map<string, unknown>>()

function operate(provider: Provider, sql: DatabaseSync, asked: Asked): Response {
  if (asked.method === 'GET') {
    return provider.call('GET orgs', () =>
      Response.json({ data: sql.prepare('SELECT id, name FROM orgs').all() }),
    )
  }
  const known = answered.get(sql) ?? new Map<string, unknown>()
  answered.set(sql, known)
  return provider.call(`POST ${asked.path.replace(/[\da-f-]{36}/, '{id}')}`, () => {
    const answer = known.get(asked.idempotencyKey) ?? make(sql, asked)
    known.set(asked.idempotencyKey, answer)
    return Response.json(answer, { status: 201 })
  })
}

function make(sql: DatabaseSync, { path }: Asked): unknown {
  const [, orgId] = /^\/admin\/orgs\/([^/]+)\/api_keys$/.exec(path) ?? []
  if (orgId === undefined) {
    const id = randomUUID()
    sql
      .prepare('INSERT INTO orgs (id, name, created_at) VALUES (?, ?, 1)')
      .run(id, 'First organization')
    return { id }
  }
  const key = `sk_live_${randomUUID()}`
  sql
    .prepare(
      'INSERT INTO api_keys (public_id, id, org_id, name, key_hash, created_at) VALUES (?, ?, ?, ?, ?, 1)',
    )
    .run(randomUUID(), randomUUID(), orgId, 'First key', 'digest')
  return { key }
}

/** A `fetch` that has all Workers of the provider under workers.dev; a cut call fails it as a network does. */
export function askStandIn(provider: Provider): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const [name = ''] = url.hostname.split('.')
    try {
      return answerAs(provider, name, {
        method: request.method,
        path: url.pathname,
        token: (request.headers.get('authorization') ?? '').replace('Bearer ', ''),
        idempotencyKey: request.headers.get('idempotency-key') ?? '',
      })
    } catch (error) {
      throw error instanceof CutError ? new TypeError('fetch failed') : error
    }
  }
}
