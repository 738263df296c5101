// A step of a running replay: what is due of it in some seconds is moved, and sent; then the next step's message.
import { isStatementFault } from '../../db/client.ts'
import { isOnTheMove } from '../../db/departures.ts'
import {
  moveSlice,
  readStep,
  type RunningReplay,
  type Sent,
  type Slice,
} from '../../db/lifecycle/replay.ts'
import { failReplay } from '../../db/replays/advance.ts'
import { walkAll } from '../../db/replays/missed.ts'
import { findOverdue, OVERDUE_MS } from '../../db/replays/overdue.ts'
import { readFilter } from '../../db/replays/words.ts'
import type { RangeFilter } from '../../db/walk.ts'
import type { StepRef } from '../../db/words.ts'
import type { Visited, World } from '../../world.ts'
import { LEASE_MS, MAX_LAPSES, MAX_LEASE_MS } from '../lease.ts'
import { enqueue, ENOUGH_QUEUED } from '../queue.ts'
import { tell } from '../transitions.ts'
import { judgeMissed } from './judge.ts'
import { missedSince } from './missed.ts'
import { asCopied, planSlice, rowsEach, SLICE_MS, turnsOf, waitMsOf } from './slice.ts'

/** A step's message is to come so many ms before the step is due: it waits in the queue for a batch, and is read. */
const LEAD_MS = 2000

/** It may come so many ms before that: queues count in seconds. */
const EARLY_TOLERANCE_MS = 1000

/** After so many seconds a step that met a change of its endpoints is made again. */
const AGAIN_S = 1

/** A step that the database refuses is tried for so many ms, hundreds of times; then the replay has failed. */
const GIVE_UP_MS = 2 * 3600_000

/** Those of copies are the deliveries' own. */
const LEASES = { leaseMs: LEASE_MS, maxLeaseMs: MAX_LEASE_MS, maxLapses: MAX_LAPSES }

/** Replays that the cron brings on in one run, in one database. */
const MAX_OVERDUE = 100

/**
 * Makes a step, if it is still the replay's next one: late and double messages come to nothing. One that comes
 * early is sent again for its time. While the retry lane is deep, or the org is being moved or paused, it does nothing, and
 * is tried again a slice later. @throws what the store does: the message comes back.
 */
export async function stepReplay(world: World, ref: StepRef, depth: number): Promise<void> {
  const now = world.now()
  const replay = await readStep(world.store.of(ref.orgId), ref, now)
  if (!replay) return
  if (replay.nextStepAt - now > LEAD_MS + EARLY_TOLERANCE_MS) {
    await sendStep(world, ref, replay.nextStepAt)
    return
  }
  const { isMoving, isPaused } = replay
  if (depth > ENOUGH_QUEUED || isMoving || isPaused) {
    const why = { depth, is_moving: isMoving, is_paused: isPaused }
    world.log({ event: 'replay_yields', ...nameOf(ref), ...why })
    // What is overdue the cron sends each minute, and no second message beside it.
    if (now - replay.nextStepAt < OVERDUE_MS) {
      await sendStep(world, ref, now + SLICE_MS + LEAD_MS)
    }
    return
  }
  const filter = readFilter(replay.filter)
  if (!filter) return fail(world, ref, 'its filter does not read', now)
  try {
    await makeStep(world, ref, { ...replay, filter }, now)
  } catch (error) {
    const isRefused = isStatementFault(error) && !isOnTheMove(error)
    if (!isRefused || now - replay.nextStepAt < GIVE_UP_MS) throw error
    await fail(world, ref, 'its next step has been refused by the database for hours', now)
  }
}

/** Sends the message of a step that is due at an instant in Unix ms; one that is lost the cron sends again. */
export async function sendStep(
  world: Pick<World, 'isolate' | 'log' | 'now' | 'queues' | 'takeConnection'>,
  ref: StepRef,
  dueAt: number,
): Promise<void> {
  await enqueue(world, 'retry', [ref], () => wholeSeconds(dueAt - LEAD_MS - world.now()))
}

function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000))
}

/**
 * The cron's part: sends the messages of those replays whose step is long overdue, and of copies that nobody is
 * on any more. Each was lost, or it failed.
 */
export async function startOverdue(world: World & Visited): Promise<number> {
  const { steps, copies } = await findOverdue(world.db, world.now(), LEASES, MAX_OVERDUE)
  const { sent } = await enqueue(world, 'retry', [...steps, ...copies])
  if (sent > 0) {
    world.log({ event: 'replays_overdue', count: steps.length, copies: copies.length })
  }
  return sent
}

type Readable = Omit<RunningReplay, 'filter'> & { filter: RangeFilter }

async function makeStep(world: World, ref: StepRef, replay: Readable, now: number): Promise<void> {
  const db = world.store.of(ref.orgId)
  const { recipient, copiesTo } = replay
  const slice = await plan(world, ref, replay, now)
  const done = await moveSlice(db, ref, slice, { recipient, copiesTo, now, leaseMs: LEASE_MS })
  if (!done) return lookAgain(world, ref)
  tell(world, done.transitions)
  await send(world, done.sent, now)
  if (done.nextStepAt === null) {
    world.log({ event: `replay_${done.status}`, ...nameOf(ref) })
    return
  }
  const next = { ...ref, step: ref.step + 1 }
  await sendStep(world, next, done.nextStepAt)
}

/** Either it is not the next step any more, or its endpoints have changed; or it was made, and the answer was lost. */
async function lookAgain(world: World, ref: StepRef): Promise<void> {
  await enqueue(world, 'retry', [ref, { ...ref, step: ref.step + 1 }], () => AGAIN_S)
}

async function plan(
  world: World,
  { orgId }: StepRef,
  { filter, hasMissing, createdAt: asOf, parts: all, ...pace }: Readable,
  now: number,
): Promise<Slice> {
  const parts = pace.copiesTo === null ? all : all.map(asCopied)
  const turns = turnsOf(parts, now)
  const most = rowsEach(turns.length)
  const walks = turns.map(({ skips, part: { endpointId, cursor: after } }) => {
    const walk = { orgId, filter: { ...filter, endpointId }, asOf, after, most }
    const canMiss = hasMissing && !skips && endpointId !== ''
    return canMiss ? { ...walk, missedSince: missedSince(world, now) } : walk
  })
  const walked = walks.length > 0 ? await walkAll(world.store.of(orgId), walks) : []
  const found = turns.flatMap((turn, place) => {
    const one = walked[place]
    return one ? [{ turn, walked: one }] : []
  })
  const judged = await judgeMissed(world, orgId, found)
  return planSlice(judged, { ...pace, waitMs: waitMsOf(parts) }, now)
}

/** Each is kept back until its own second, so that they leave evenly. */
async function send(world: World, sent: Sent[], now: number): Promise<void> {
  const refs = sent.filter(({ isParked }) => !isParked).toSorted((a, b) => a.at - b.at)
  await enqueue(world, 'retry', refs, (place) => wholeSeconds((refs[place]?.at ?? now) - now))
}

async function fail(world: World, ref: StepRef, fault: string, now: number): Promise<void> {
  const isFailed = await failReplay(world.store.of(ref.orgId), ref, fault, now)
  if (isFailed) world.log({ event: 'replay_failed', ...nameOf(ref), error: fault })
}

function nameOf({ orgId, replayId }: StepRef) {
  return { replay_id: replayId, org_id: orgId }
}
