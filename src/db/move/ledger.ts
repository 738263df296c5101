// The ledger of moves, in the catalog: one row an org, which says how far its last move has come.
import { eq, ne, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { statement, type Database } from '../client.ts'
import { moves } from './schema.ts'
import { transaction } from '../transaction.ts'

/**
 * `preparing`: both databases are told. `copying`: what is finished is copied, pass by pass, while the org
 * goes on. `settling`: it is fenced, and the rest is copied. `opening`: the catalog has switched.
 * `clearing`: the org is at home in the new place, and the old one's rows are deleted. `over`.
 */
export type Phase = 'preparing' | 'copying' | 'settling' | 'opening' | 'clearing' | 'over'

/** Who asked for a move, for its audit entry. */
const AskedBy = z.object({ entryId: z.string(), ip: z.string().nullable(), requestId: z.string() })

/**
 * How far it is within its phase: which pass and which portion of it, and after which place. A pass copies what
 * was made from `since` up to `until` (Unix ms; null: from the beginning); it began at `begunAt`.
 */
const Progress = z.object({
  pass: z.number(),
  portion: z.number(),
  after: z.array(z.union([z.string(), z.number()])).nullable(),
  since: z.number().nullable(),
  until: z.number().nullable(),
  begunAt: z.number(),
})

/** How far a move is within its phase. */
export type Progress = z.infer<typeof Progress>

/** A move: its org's last one. `progressText` is the progress as it is stored. */
export type Move = Omit<typeof moves.$inferSelect, 'progress' | 'askedBy'> & {
  progress: Progress
  progressText: string
  askedBy: z.infer<typeof AskedBy>
}

/** What a move is begun with; `database` names the first one, where an org without a placement is. */
export type NewMove = {
  orgId: string
  from: string
  to: string
  firstDatabase: string
  askedBy: z.infer<typeof AskedBy>
  now: number
}

const START = { pass: 0, portion: 0, after: null, since: null, until: null }

/**
 * Begins a move, if the org is where it is to move away from, and no other move of it is under way. Answers
 * the org's last move, which is this one then, or the other.
 */
export async function beginMove(catalog: Database, asked: NewMove): Promise<Move | undefined> {
  const { orgId, from, to, now } = asked
  const isThere = sql`coalesce((SELECT p.database FROM placements p WHERE p.org_id = ${orgId}),
    ${asked.firstDatabase}) = ${from}`
  const progress = JSON.stringify({ ...START, begunAt: now })
  const { found } = await transaction(catalog, {
    begun: statement(
      catalog,
      sql`INSERT INTO moves (org_id, number, from_database, to_database, phase, progress, asked_by,
          rows_copied, rows_deleted, started_at, updated_at)
        SELECT ${orgId}, 1, ${from}, ${to}, 'preparing', ${progress},
          ${JSON.stringify(asked.askedBy)}, 0, 0, ${now}, ${now} WHERE ${isThere}
        ON CONFLICT (org_id) DO UPDATE SET number = number + 1, from_database = excluded.from_database,
          to_database = excluded.to_database, phase = excluded.phase, progress = excluded.progress,
          asked_by = excluded.asked_by, rows_copied = 0, rows_deleted = 0,
          started_at = excluded.started_at, updated_at = excluded.updated_at,
          fenced_at = NULL, opened_at = NULL, ended_at = NULL
        WHERE moves.phase = 'over'`,
    ),
    found: selectMove(catalog, orgId),
  })
  return found[0] && readMove(found[0])
}

/** The org's last move; undefined when it has never been moved. */
export async function findMove(catalog: Database, orgId: string): Promise<Move | undefined> {
  const [row] = await selectMove(catalog, orgId)
  return row && readMove(row)
}

/** Moves that are under way, at most `limit`, those first that were looked at longest ago. */
export async function listOpenMoves(catalog: Database, limit: number): Promise<Move[]> {
  const rows = await catalog
    .select()
    .from(moves)
    .where(ne(moves.phase, 'over'))
    .orderBy(moves.updatedAt)
    .limit(limit)
  return rows.map(readMove)
}

/** What a step has come to. */
export type Advance = {
  phase: Phase
  progress: Progress
  now: number
  copied?: number
  deleted?: number
}

/**
 * Notes how far a move has come, if nobody else has carried it on meanwhile. Answers it as it is then;
 * undefined when somebody has, or when it is not known.
 */
export async function advance(
  catalog: Database,
  move: Move,
  to: Advance,
): Promise<Move | undefined> {
  const { found } = await transaction(catalog, {
    advanced: statement(catalog, updateMove(move, to)),
    found: selectMove(catalog, move.orgId),
  })
  return readAdvanced(found[0], move, to)
}

/**
 * The same together with what the move is made for: from here on the org is at its new place.
 */
export async function switchOver(
  catalog: Database,
  move: Move,
  to: Advance,
  firstDatabase: string,
): Promise<Move | undefined> {
  const { orgId, toDatabase } = move
  const placed =
    toDatabase === firstDatabase
      ? sql`DELETE FROM placements WHERE org_id = ${orgId} AND ${isUnchanged(move)}`
      : sql`INSERT INTO placements (org_id, database) SELECT ${orgId}, ${toDatabase}
          WHERE ${isUnchanged(move)}
          ON CONFLICT (org_id) DO UPDATE SET database = excluded.database`
  const { found } = await transaction(catalog, {
    placed: statement(catalog, placed),
    advanced: statement(catalog, updateMove(move, to)),
    found: selectMove(catalog, orgId),
  })
  return readAdvanced(found[0], move, to)
}

/**
 * Where an org that opens has no twin: one that was about to be made is not placed where the org was. Holds only while the
 * move is at that step.
 */
export async function settleTwinPlace(
  catalog: Database,
  move: Move,
  twinId: string,
): Promise<void> {
  const place = sql`(SELECT p.database FROM placements p WHERE p.org_id = ${move.orgId})`
  await transaction(catalog, {
    unplaced: statement(
      catalog,
      sql`DELETE FROM placements WHERE org_id = ${twinId} AND ${place} IS NULL AND ${isUnchanged(move)}`,
    ),
    opened: statement(
      catalog,
      sql`DELETE FROM departures WHERE org_id = ${twinId} AND ${place} IS NULL AND ${isUnchanged(move)}`,
    ),
    replaced: statement(
      catalog,
      sql`UPDATE placements SET database = ${place}
        WHERE org_id = ${twinId} AND ${place} IS NOT NULL AND ${isUnchanged(move)}`,
    ),
  })
}

/** Notes whose keys these are, for those that were made while there was one database. */
export async function nameKeyOwner(
  catalog: Database,
  orgId: string,
  publicIds: string[],
): Promise<void> {
  await catalog.run(sql`INSERT INTO key_owners (public_id, org_id)
    SELECT k.value, ${orgId} FROM json_each(${JSON.stringify(publicIds)}) k
    WHERE true ON CONFLICT (public_id) DO NOTHING`)
}

function selectMove(catalog: Database, orgId: string) {
  return catalog.select().from(moves).where(eq(moves.orgId, orgId))
}

/** SQL condition: the move is as it was when it was read. */
function isUnchanged({ orgId, number, phase, progressText }: Move): SQL {
  return sql`EXISTS (SELECT 1 FROM moves m WHERE m.org_id = ${orgId} AND m.number = ${number}
    AND m.phase = ${phase} AND m.progress = ${progressText})`
}

function updateMove(move: Move, { phase, progress, now, copied = 0, deleted = 0 }: Advance): SQL {
  const { orgId, number, progressText } = move
  const begins = (one: Phase) => phase === one && move.phase !== one
  return sql`
    UPDATE moves SET phase = ${phase}, progress = ${JSON.stringify(progress)}, updated_at = ${now},
      rows_copied = rows_copied + ${copied}, rows_deleted = rows_deleted + ${deleted},
      fenced_at = coalesce(fenced_at, ${begins('settling') ? now : null}),
      opened_at = coalesce(opened_at, ${begins('clearing') ? now : null}),
      ended_at = coalesce(ended_at, ${begins('over') ? now : null})
    WHERE org_id = ${orgId} AND number = ${number} AND phase = ${move.phase}
      AND progress = ${progressText}`
}

function readAdvanced(
  row: typeof moves.$inferSelect | undefined,
  { number }: Move,
  { phase, progress }: Advance,
): Move | undefined {
  const isOurs =
    row?.number === number && row.phase === phase && row.progress === JSON.stringify(progress)
  return isOurs ? readMove(row) : undefined
}

function readMove(row: typeof moves.$inferSelect): Move {
  const { progress: progressText, askedBy, ...rest } = row
  return {
    ...rest,
    progressText,
    // Both were written here.
    progress: Progress.parse(JSON.parse(progressText)),
    askedBy: AskedBy.parse(JSON.parse(askedBy)),
  }
}
