// Moving an org from one database to another, as the operator asks for it and the cron goes on with it.
import { hasOrg } from '../db/account/orgs.ts'
import { findPlacements } from '../db/catalog.ts'
import { beginMove, findMove, listOpenMoves, type Move } from '../db/move/ledger.ts'
import { idOfSide, refuseTwin } from '../db/sides.ts'
import { noteRun } from '../db/upkeep/heartbeats.ts'
import { AppError, explainFault, invalidRequest, notFound } from '../errors.ts'
import type { World } from '../world.ts'
import { carryOn, type Bounds, type Mover } from './carry-on.ts'

/**
 * What one invocation does for moves. A step makes ten queries at most, of the 1,000 that D1 allows; a run
 * of the cron shares them with the sweep, and must be over before the next one.
 */
const BOUNDS: Bounds = { steps: 64, forMs: 25_000 }

/** Moves that one run of the cron looks at. */
const MOVES_A_RUN = 10

/** Who asks for a move; `entryId` will be its entry's in the audit log. */
export type AskedBy = Move['askedBy']

/**
 * Begins to move an org to a database; asked again, it answers the same move, also when it is over.
 * @throws AppError `invalid_request` for a database that there is not, `not_found`, `already_there`,
 * `move_under_way` when the org is being moved to another one, or its twin still follows it; `unavailable`.
 */
export async function requestMove(
  world: Mover,
  orgId: string,
  to: string,
  askedBy: AskedBy,
): Promise<Move> {
  refuseTwin(orgId, 'moved')
  const { store, now } = world
  const names = store.all.map(({ name }) => name)
  if (!names.includes(to)) {
    const message = `There is no database ${to}; there are: ${names.join(', ')}`
    throw invalidRequest([{ path: 'to', message }])
  }
  const last = await findMove(store.catalog, orgId)
  if (last && last.phase !== 'over') return onlyTo(to, last)
  if (!(await hasOrg(store.of(orgId), orgId))) throw notFound('organization')
  const [firstDatabase = ''] = names
  const from = (await findPlacements(store.catalog, [orgId])).get(orgId) ?? firstDatabase
  if (from === to && last?.toDatabase === to) return last
  if (from === to) throw new AppError('already_there')
  const twin = await findMove(store.catalog, idOfSide(orgId, 'test'))
  if (twin && twin.phase !== 'over') throw new AppError('move_under_way')
  const asked = { orgId, from, to, firstDatabase, askedBy, now: now() }
  const begun = await beginMove(store.catalog, asked)
  if (!begun) throw new AppError('move_under_way')
  return onlyTo(to, begun)
}

/** Carries a move on as far as one request may. A database out of reach is left to the cron. */
export async function pushMove(world: Mover, move: Move, bounds = BOUNDS): Promise<Move> {
  try {
    return await carryOn(world, move, bounds)
  } catch (error) {
    noteFailure(world, move, error)
    return (await findMove(world.store.catalog, move.orgId)) ?? move
  }
}

/** An org's last move. @throws AppError `not_found`. */
export async function getMove({ store }: Pick<World, 'store'>, orgId: string): Promise<Move> {
  const move = await findMove(store.catalog, orgId)
  if (!move) throw notFound('move')
  return move
}

/**
 * Carries on the moves that are under way, those first that wait longest.
 * @throws when one could not be carried on, after all were tried.
 */
export async function carryOnMoves(world: Mover, bounds = BOUNDS): Promise<void> {
  const { catalog } = world.store
  const moves = await listOpenMoves(catalog, MOVES_A_RUN)
  if (moves.length === 0) return
  const endAt = world.now() + bounds.forMs
  const failed: string[] = []
  const steps = Math.floor(bounds.steps / moves.length)
  for (const move of moves) {
    try {
      await carryOn(world, move, { steps, forMs: endAt - world.now() })
    } catch (error) {
      noteFailure(world, move, error)
      failed.push(move.orgId)
    }
  }
  if (failed.length > 0) throw new Error(`not all could be moved: ${failed.join(', ')}`)
  await noteRun(catalog, 'moves', world.now())
}

function onlyTo(to: string, move: Move): Move {
  if (move.toDatabase !== to) throw new AppError('move_under_way')
  return move
}

function noteFailure({ log }: Mover, { orgId, phase }: Move, error: unknown): void {
  log({ event: 'move_failed', org_id: orgId, phase, error: explainFault(error) })
}
