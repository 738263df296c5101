// Copies in the evidence: which replay makes them, of what, and which requests carry them.
import { LEASE_MS } from '../model/rules.ts'
import type { Post, Row } from '../world/history.ts'
import { isMover } from '../world/homes.ts'
import { idIn, type Evidence, type Step } from './evidence.ts'

/** Whether a replay makes copies. */
export function isCopying(replay: Row | undefined): boolean {
  return typeof replay?.['copies_to'] === 'string'
}

/** The one delivery that a replay is of; undefined: it is of a range. */
export function oneOf(replay: Row): string | undefined {
  // It is written by starts.
  return (JSON.parse(String(replay['filter'])) as { deliveryId?: string }).deliveryId
}

/** What changed a copy, but for a move, which takes it along as it is. */
export function copySteps(evidence: Evidence): Step[] {
  return evidence.changesOf('replay_copies').filter(({ actor }) => !isMover(actor))
}

/** The copies that a replay has made, each as if its delivery had been moved: due when it is to be sent. */
export function copiedBy(evidence: Evidence, replayId: string): Step[] {
  const made = copySteps(evidence).filter(
    ({ before, row }) => !before && row['replay_id'] === replayId,
  )
  return made.map((step) => asMoved(evidence, step))
}

function asMoved(evidence: Evidence, step: Step): Step {
  const id = String(step.row['delivery_id'])
  const before = evidence.rowAt('deliveries', id, step.tx - 1)
  const dueAt = Number(step.row['sweep_at']) - LEASE_MS
  return { ...step, id, before, row: { ...before, next_attempt_at: dueAt } }
}

/** The copy that a request carries, by its id; undefined when no replay sends any there. */
export function copyIn(evidence: Evidence, post: Post): string | undefined {
  const replays = [...evidence.rowsAt('replays', post.tx).values()]
  const replay = replays.find((row) => row['copies_to'] === post.url)
  return replay && `${replay['id']} ${idIn(post)}`
}
