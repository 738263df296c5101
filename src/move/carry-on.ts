// What carries a move on: step by step, each of which may be cut off, repeated, and done twice at once.
import { markAwaited, markCopying, fence, markGone, markSettling, open } from '../db/move/marks.ts'
import { deleteLeft, forgetUnsettled } from '../db/move/clear.ts'
import { advance, switchOver, type Move, type Phase } from '../db/move/ledger.ts'
import { MOVED } from '../db/move/tables.ts'
import { AppError } from '../errors.ts'
import type { World } from '../world.ts'
import { copyPage, type Ends } from './copy.ts'
import { bringTwin } from './twin.ts'
import {
  afterDeletion,
  afterPage,
  firstPass,
  isBeforeFence,
  lastPass,
  nextPass,
  portionsOf,
  startClearing,
} from './plan.ts'

/** Rows deleted at once. */
const DELETED_AT_ONCE = 1000

/** How far one invocation carries a move on: so many steps, and until so many ms have passed. */
export type Bounds = { steps: number; forMs: number }

/** Steps that have to be left when an org is fenced: it must not wait for the next run if that can be helped. */
const STEPS_FOR_THE_FENCE = 30

/** What of the world a move needs. */
export type Mover = Pick<World, 'log' | 'now' | 'store'>

/**
 * Carries a move on until it is over, the bounds are reached, or somebody else does. Answers it as it is
 * then. @throws what a database out of reach gives: it goes on from there with the next call.
 */
export async function carryOn(world: Mover, move: Move, { steps, forMs }: Bounds): Promise<Move> {
  const endAt = world.now() + forMs
  let current = move
  for (let step = 0; step < steps && current.phase !== 'over'; step += 1) {
    const now = world.now()
    const isLate = step > 0 && steps - step < STEPS_FOR_THE_FENCE
    if (now >= endAt || (isLate && isBeforeFence(current, now))) break
    const next = await STEPS[current.phase](world, current)
    if (!next) break
    if (next.phase !== current.phase) {
      const { orgId: org_id, phase, toDatabase: to } = next
      world.log({ event: 'move', org_id, phase, to })
    }
    current = next
  }
  return current
}

/** What carries a move on in each phase; undefined when somebody else has, or when it is over. */
const STEPS: Record<Phase, (world: Mover, move: Move) => Promise<Move | undefined>> = {
  preparing: prepare,
  copying: (world, move) => (hasMore(move) ? copy(world, move) : endPass(world, move)),
  settling: (world, move) => (hasMore(move) ? copy(world, move) : switchHome(world, move)),
  opening: openHome,
  clearing: clear,
  over: async () => undefined,
}

function hasMore(move: Move): boolean {
  return move.progress.portion < portionsOf(move).length
}

/** Tells both databases, the new one first: what is copied there must not be taken for its own. */
async function prepare(world: Mover, move: Move): Promise<Move | undefined> {
  const { from, to, catalog } = endsOf(world, move)
  const { orgId, fromDatabase, toDatabase, startedAt, askedBy } = move
  const { entryId: id, ip, requestId } = askedBy
  const details = { from: fromDatabase, to: toDatabase }
  await markAwaited(to, move)
  await markCopying(
    from,
    move,
    { orgId, name: 'admin', ip, requestId },
    { id, at: startedAt, details },
  )
  const now = world.now()
  return advance(catalog, move, { phase: 'copying', progress: firstPass(now), now })
}

async function copy(world: Mover, move: Move): Promise<Move | undefined> {
  const ends = endsOf(world, move)
  const portion = portionsOf(move)[move.progress.portion]
  if (!portion) throw new Error('a portion that there is not')
  const { isHeld, rows: copied, next } = await copyPage(ends, move, portion)
  if (!isHeld) return undefined
  const progress = afterPage(move, next)
  return advance(ends.catalog, move, { phase: move.phase, progress, now: world.now(), copied })
}

/** Begins another pass, or the fence: nobody writes what is of the org any more, and then it is copied. */
async function endPass(world: Mover, move: Move): Promise<Move | undefined> {
  const { from, to, catalog } = endsOf(world, move)
  const now = world.now()
  if (!isBeforeFence(move, now)) {
    return advance(catalog, move, { phase: 'copying', progress: nextPass(move, now), now })
  }
  const fenced = await fence(from, move)
  if (!fenced) return undefined
  await markSettling(to, move, fenced.countedTo)
  return advance(catalog, move, { phase: 'settling', progress: lastPass(move, now), now })
}

async function switchHome(world: Mover, move: Move): Promise<Move | undefined> {
  const { catalog } = endsOf(world, move)
  const { progress } = move
  const first = world.store.all[0]?.name ?? ''
  return switchOver(catalog, move, { phase: 'opening', progress, now: world.now() }, first)
}

/** The old place is closed before the new one opens: no moment has two. Behind that the org's twin follows. */
async function openHome(world: Mover, move: Move): Promise<Move | undefined> {
  const ends = endsOf(world, move)
  const { from, to, catalog } = ends
  await markGone(from, move)
  await bringTwin(world, ends, move)
  const now = world.now()
  await open(to, move, { at: now, details: { from: move.fromDatabase, to: move.toDatabase } })
  world.store.learn(move.orgId, move.toDatabase)
  return advance(catalog, move, { phase: 'clearing', progress: startClearing(move, now), now })
}

/** Table by table, and at last what was noted. */
async function clear(world: Mover, move: Move): Promise<Move | undefined> {
  const { from, to, catalog } = endsOf(world, move)
  const table = MOVED[move.progress.portion]
  const deleted = table
    ? await deleteLeft(from, move, table, DELETED_AT_ONCE)
    : await forgetUnsettled(to, move, DELETED_AT_ONCE)
  const now = world.now()
  const next = afterDeletion(move, deleted === DELETED_AT_ONCE)
  return advance(catalog, move, { ...next, now, deleted: table ? deleted : 0 })
}

/** @throws AppError `misconfigured` when a database is no longer configured. */
function endsOf({ store }: Mover, { fromDatabase, toDatabase }: Move): Ends {
  const named = (name: string) => {
    const home = store.all.find((one) => one.name === name)
    if (!home) throw new AppError('misconfigured', { cause: `no database ${name} in DATABASES` })
    return home.db
  }
  return { from: named(fromDatabase), to: named(toDatabase), catalog: store.catalog }
}
