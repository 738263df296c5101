// The start of a replay: what matches is counted, and the rest is left to its steps.
import type { Actor } from '../../db/audit.ts'
import { findFirst, type Idempotency, type Once } from '../../db/idempotency.ts'
import { newId } from '../../db/ids.ts'
import { countMatches, type MatchCount } from '../../db/replays/plan.ts'
import { startReplay as storeReplay, type NewReplay } from '../../db/replays/start.ts'
import { readKeptReplay } from '../../db/replays/views.ts'
import type { Replay } from '../../db/replays/words.ts'
import { AppError } from '../../errors.ts'
import { enforceLimit } from '../../limits.ts'
import type { World } from '../../world.ts'
import { checkTarget } from '../send/refusal.ts'
import { findMissed } from './missed.ts'
import { sendStep } from './step.ts'

/** What a person asks of a replay. */
export type ReplayRequest = Pick<
  Replay,
  'filter' | 'hasMissing' | 'ratePerSecond' | 'recipient' | 'copiesTo' | 'reason'
>

/** `host` is the one that this service was called by: copies do not go there. */
type StartTerms = { host: string; idempotency?: Idempotency | undefined }

/**
 * Starts a replay of what matches now, by sending its first step. Where nothing matches it is completed at once.
 * @throws AppError `invalid_request` naming `url`, `too_many_replays`, `idempotency_key_reused`, `rate_limited`:
 * nothing has changed then.
 */
export async function startReplay(
  world: World,
  actor: Actor,
  request: ReplayRequest,
  { host, idempotency }: StartTerms,
): Promise<Once<Replay>> {
  await enforceLimit(world, 'plan_replay', actor.orgId)
  const now = world.now()
  const again = await findFirst(world.store, idempotency, now, readKeptReplay)
  if (again) return { answer: again, isRepeated: true }
  if (request.copiesTo !== null) await checkTarget(world, request.copiesTo, host)
  const db = world.store.of(actor.orgId)
  const found = await countAll(world, actor.orgId, request, now)
  const wanted = toNewReplay(actor, request, found, now)
  const asked = { entryId: newId(now), idempotency }
  const { replay, first } = await storeReplay(db, actor, wanted, asked)
  if (first) return { answer: first, isRepeated: true }
  if (!replay) throw new AppError('too_many_replays')
  const { orgId, id: replayId, status } = replay
  if (status === 'running') world.defer(sendStep(world, { orgId, replayId, step: 1 }, now))
  return { answer: replay, isRepeated: false }
}

/** How much there is to be sent: at least so many, unless it is exact. */
async function countAll(
  world: Pick<World, 'config' | 'store'>,
  orgId: string,
  { filter, hasMissing }: ReplayRequest,
  now: number,
): Promise<Pick<MatchCount, 'total' | 'totalIsExact'>> {
  const found = await countMatches(world.store.of(orgId), orgId, filter, now)
  if (!hasMissing) return found
  const missed = await findMissed(world, orgId, filter, now)
  return {
    total: found.total + missed.total,
    totalIsExact: found.totalIsExact && missed.isExact,
  }
}

function toNewReplay(
  { orgId, name }: Actor,
  request: ReplayRequest,
  { total, totalIsExact }: Pick<MatchCount, 'total' | 'totalIsExact'>,
  now: number,
): NewReplay {
  const isOver = total === 0 && totalIsExact
  return {
    ...request,
    orgId,
    id: newId(now),
    status: isOver ? 'completed' : 'running',
    createdBy: name,
    createdAt: now,
    endedAt: isOver ? now : null,
    total,
    totalIsExact,
  }
}
