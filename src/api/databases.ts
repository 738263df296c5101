// /admin/databases and /admin/orgs/{id}/move: where organizations are, and moving them, for the operator.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { findFirst, noteKey, OPERATOR_SCOPE, type Once } from '../db/idempotency.ts'
import { newId } from '../db/ids.ts'
import type { Move } from '../db/move/ledger.ts'
import { getMove, pushMove, requestMove } from '../move/move.ts'
import { readDatabases, Status, type DatabaseState } from './health.ts'
import { actorOf } from './http/auth.ts'
import { jsonBody, MAX_BODY_BYTES } from './http/body.ts'
import type { ApiEnv } from './http/context.ts'
import { answerOnce, readIdempotency } from './http/idempotency.ts'
import { createRouter, type Router } from './http/router.ts'
import { idParams, OrgId } from './http/ids.ts'
import {
  count,
  IdempotencyHeader,
  Instant,
  json,
  presentInstant,
  problems,
  requiredJson,
} from './http/schema.ts'

/** What one D1 database takes, in bytes: 10 GB. Source: Cloudflare's "D1 limits". */
const CAPACITY_BYTES = 10_000_000_000

const DatabaseSchema = z
  .object({
    name: z.string().openapi({
      description: 'Of its binding, as DATABASES has it.',
      example: 'DB2',
    }),
    status: Status,
    bytes: z.int().nullable().openapi({
      description: 'Null while it is out of reach.',
      example: 120_000_000,
    }),
    room_bytes: z.int().nullable().openapi({
      description: 'What is left of its 10 GB.',
      example: 9_880_000_000,
    }),
    orgs: z.int().nullable().openapi({
      description: 'Organizations that are at home in it.',
      example: 12,
    }),
  })
  .openapi('Database')

const MoveSchema = z
  .object({
    org_id: OrgId,
    from: z.string().openapi({ example: 'DB' }),
    to: z.string().openapi({ example: 'DB2' }),
    phase: z
      .enum(['preparing', 'copying', 'settling', 'opening', 'clearing', 'over'])
      .openapi('MovePhase', {
        example: 'copying',
        description:
          'From settling up to opening the organization’s writes are answered with 503 and Retry-After; from clearing on it is at home in the new database.',
      }),
    rows_copied: count('So far.', 4200),
    rows_deleted: count('So far.'),
    started_at: Instant,
    updated_at: Instant,
    fenced_at: Instant.nullable().openapi({ example: null }),
    opened_at: Instant.nullable().openapi({ example: null }),
    ended_at: Instant.nullable().openapi({ example: null }),
  })
  .openapi('Move')

const NewMove = z
  .strictObject({
    to: z.string().openapi({
      pattern: String.raw`^\w+$`,
      description: 'The name of a database.',
      example: 'DB2',
    }),
  })
  .openapi('NewMove')

const OneOrg = idParams(OrgId, 'organization')

const listDatabasesRoute = createRoute({
  method: 'get',
  path: '/admin/databases',
  operationId: 'listDatabases',
  summary: 'List the databases, with their size and health',
  description: 'All of them, the catalog’s first.',
  responses: {
    200: json('All of them', z.object({ data: z.array(DatabaseSchema) }).openapi('DatabaseList')),
    ...problems(),
  },
})

const moveRoute = createRoute({
  method: 'post',
  path: '/admin/orgs/{id}/move',
  operationId: 'moveOrganization',
  summary: 'Move an organization to another database; asked again, how far that is',
  description:
    'It goes on by itself. For a moment of it the organization’s writes are answered with 503 and Retry-After.',
  middleware: [jsonBody(MAX_BODY_BYTES)],
  request: { params: OneOrg, headers: IdempotencyHeader, body: requiredJson(NewMove) },
  responses: {
    200: json('The move is over', MoveSchema),
    202: json('It is under way, and goes on by itself', MoveSchema),
    ...problems('already_there', 'move_under_way'),
  },
})

const getMoveRoute = createRoute({
  method: 'get',
  path: '/admin/orgs/{id}/move',
  operationId: 'getMove',
  summary: "An organization's last move",
  description: 'How far it is, or that it is over.',
  request: { params: OneOrg },
  responses: { 200: json('The move', MoveSchema), ...problems() },
})

/** The operator's routes about databases. */
export function databaseRoutes(): Router {
  const app = createRouter()
  app.openapi(listDatabasesRoute, async (c) => {
    const states = await readDatabases(c.get('world'))
    return c.json({ data: states.map(presentDatabase) }, 200)
  })
  app.openapi(moveRoute, async (c) => {
    const answer = answerOnce(c, await moveOnce(c, c.req.valid('param').id, c.req.valid('json').to))
    return c.json(answer, answer.phase === 'over' ? 200 : 202)
  })
  app.openapi(getMoveRoute, async (c) => {
    const move = await getMove(c.get('world'), c.req.valid('param').id)
    return c.json(presentMove(move), 200)
  })
  return app
}

type MoveAnswer = z.infer<typeof MoveSchema>

/**
 * Two at the same instant are one move by themselves. The key is for what comes after: once the org was moved on
 * or back, a repetition moves nothing.
 */
async function moveOnce(c: Context<ApiEnv>, orgId: string, to: string): Promise<Once<MoveAnswer>> {
  const world = c.get('world')
  const idempotency = await readIdempotency(c, OPERATOR_SCOPE)
  // It was presented below.
  const read = (kept: unknown) => kept as MoveAnswer
  const first = await findFirst(world.store, idempotency, world.now(), read)
  if (first) return { answer: first, isRepeated: true }
  const { ip, requestId } = actorOf(c, orgId)
  const entryId = newId(world.now())
  const begun = await requestMove(world, orgId, to, { entryId, ip, requestId })
  const answer = presentMove(await pushMove(world, begun))
  if (idempotency) {
    await noteKey(world.store.catalog, { ...idempotency, token: entryId }, world.now(), answer)
  }
  return { answer, isRepeated: false }
}

function presentDatabase(state: DatabaseState): z.infer<typeof DatabaseSchema> {
  const { database: name, status } = state
  if (!('bytes' in state)) return { name, status, bytes: null, room_bytes: null, orgs: null }
  const { bytes, orgCount: orgs } = state
  return { name, status, bytes, room_bytes: Math.max(0, CAPACITY_BYTES - bytes), orgs }
}

function presentMove(move: Move): z.infer<typeof MoveSchema> {
  return {
    org_id: move.orgId,
    from: move.fromDatabase,
    to: move.toDatabase,
    phase: move.phase,
    rows_copied: move.rowsCopied,
    rows_deleted: move.rowsDeleted,
    started_at: presentInstant(move.startedAt),
    updated_at: presentInstant(move.updatedAt),
    fenced_at: presentInstant(move.fencedAt),
    opened_at: presentInstant(move.openedAt),
    ended_at: presentInstant(move.endedAt),
  }
}
