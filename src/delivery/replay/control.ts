// What a person does to a replay on its way: pause, resume, cancel, another rate.
import type { Actor } from '../../db/audit.ts'
import type { Idempotency, Once } from '../../db/idempotency.ts'
import { newId } from '../../db/ids.ts'
import { CONTROLLED, controlReplay, type Control } from '../../db/replays/control.ts'
import type { Replay } from '../../db/replays/words.ts'
import { AppError, notFound, type ErrorCode } from '../../errors.ts'
import type { World } from '../../world.ts'
import { sendStep } from './step.ts'

type Asked = { idempotency?: Idempotency | undefined }

/** What is said of a replay that is not as it must be. */
const REFUSALS: Record<Control['action'], ErrorCode> = {
  pause: 'replay_not_running',
  resume: 'replay_not_paused',
  cancel: 'replay_is_over',
  change_rate: 'replay_is_over',
}

/** Stops it until it is resumed; what was sent is sent. @throws AppError `not_found`, `replay_not_running`. */
export function pauseReplay(
  world: World,
  actor: Actor,
  id: string,
  asked: Asked = {},
): Promise<Once<Replay>> {
  return controlOnce(world, actor, id, { action: 'pause' }, asked)
}

/**
 * Lets it go on, and tries the endpoints again that it held.
 * @throws AppError `not_found`, `replay_not_paused`, `too_many_replays`.
 */
export function resumeReplay(
  world: World,
  actor: Actor,
  id: string,
  asked: Asked = {},
): Promise<Once<Replay>> {
  return controlOnce(world, actor, id, { action: 'resume' }, asked)
}

/** Ends it for good; what was sent is sent. @throws AppError `not_found`, `replay_is_over`. */
export function cancelReplay(
  world: World,
  actor: Actor,
  id: string,
  asked: Asked = {},
): Promise<Once<Replay>> {
  return controlOnce(world, actor, id, { action: 'cancel' }, asked)
}

/** Changes how many it sends a second; the same writes nothing. @throws AppError `not_found`, `replay_is_over`. */
export async function changeReplayRate(
  world: World,
  actor: Actor,
  id: string,
  ratePerSecond: number,
): Promise<Replay> {
  const control = { action: 'change_rate', ratePerSecond } as const
  const { answer } = await controlOnce(world, actor, id, control, {})
  return answer
}

async function controlOnce(
  world: World,
  actor: Actor,
  id: string,
  control: Control,
  { idempotency }: Asked,
): Promise<Once<Replay>> {
  const now = world.now()
  const db = world.store.of(actor.orgId)
  const asked = { entryId: newId(now), now, idempotency }
  const { found, isMade, first } = await controlReplay(db, actor, id, control, asked)
  if (first) return { answer: first, isRepeated: true }
  if (!found) throw notFound('replay')
  if (!isMade) refuse(found.replay, control)
  const { step, nextStepAt } = found
  const next = { orgId: actor.orgId, replayId: id, step }
  if (isMade && nextStepAt !== null) world.defer(sendStep(world, next, nextStepAt))
  return { answer: found.replay, isRepeated: false }
}

/** @throws AppError why the change was not made, unless it was for nothing. */
function refuse({ status }: Replay, { action }: Control): void {
  if (CONTROLLED[action].includes(status)) {
    if (action === 'resume') throw new AppError('too_many_replays')
    return
  }
  const { message } = new AppError(REFUSALS[action])
  throw new AppError(REFUSALS[action], { message: `The replay is ${status}. ${message}` })
}
