// What each consumer wrote when its attempts were over, told apart: outcomes, superseded ones, the rest.
import type { Actor, Post } from '../world/history.ts'
import { idIn, isDeleted, nameOf, type Evidence, type Moment, type Step } from './evidence.ts'

/** An attempt that an operation recorded; `step` is its delivery's change. */
export type Recorded = { post: Post; step: Step }

/** A consumer's write: `missing` are requests of its own that it has not recorded, nor did before. */
export type Recording = {
  moment: Moment
  outcomes: Recorded[]
  superseded: Recorded[]
  missing: Post[]
}

/** Every write of every consumer, in order. */
export function* recordingsIn(evidence: Evidence): Generator<Recording> {
  const recorded = new Set<Post>()
  for (const moment of evidence.moments()) {
    if (nameOf(moment.actor) !== 'consumer' || moment.isRead) continue
    const grown = moment.changes.flatMap((step) => {
      const post = hasGrown(step) ? evidence.postBehind(step) : undefined
      return post ? [{ post, step }] : []
    })
    for (const { post } of grown) recorded.add(post)
    const isOutcome = ({ step: { before, row } }: Recorded): boolean =>
      before?.['version'] !== row['version']
    yield {
      moment,
      outcomes: grown.filter(isOutcome),
      superseded: grown.filter((one) => !isOutcome(one)),
      missing: evidence
        .postsBy(moment.actor)
        .filter((post) => post.tx < moment.tx && !recorded.has(post)),
    }
  }
}

/** Every request that its consumer recorded. */
export function recordedPosts(evidence: Evidence): Set<Post> {
  const recorded = new Set<Post>()
  for (const { outcomes, superseded } of recordingsIn(evidence)) {
    for (const { post } of outcomes.concat(superseded)) recorded.add(post)
  }
  return recorded
}

/** Whether an operation on this row added to its log. */
function hasGrown({ kind, before, row }: Step): boolean {
  return kind === 'deliveries' && before !== undefined && before['attempts'] !== row['attempts']
}

/** The endpoint's deliveries among those recorded, in the order in which they ended. */
export function ofEndpoint(outcomes: Recorded[], endpointId: string): Recorded[] {
  return outcomes
    .filter(({ step }) => step.row['endpoint_id'] === endpointId)
    .toSorted((a, b) => (a.post.answered?.place ?? 0) - (b.post.answered?.place ?? 0))
}

/** The consumer's messages that it put aside, because their endpoint was disabled when it read them. */
export function heldBy({ actor, tx, before }: Moment, evidence: Evidence): string[] {
  return actor.messages.flatMap(({ id, version }) => {
    const read = evidence.rowAt('deliveries', id, actor.readTx)
    const endpoint = evidence.rowAt('endpoints', read?.['endpoint_id'], actor.readTx)
    const isHeld = isAt(read, version) && endpoint?.['status'] === 'disabled'
    const isMade = evidence.postsBy(actor).some((post) => idIn(post) === id && post.tx < tx)
    return isHeld && !isMade && isAt(before.deliveries.get(id), version) ? [id] : []
  })
}

/** Whether a consumer held messages for endpoints that were disabled when it read them. */
export function hasHeld(evidence: Evidence, actor: Actor): boolean {
  return actor.messages.some(({ id, version }) => {
    const read = evidence.rowAt('deliveries', id, actor.readTx)
    const endpoint = evidence.rowAt('endpoints', read?.['endpoint_id'], actor.readTx)
    return isAt(read, version) && endpoint?.['status'] === 'disabled' && !isDeleted(endpoint)
  })
}

function isAt(row: Step['before'], version: number): boolean {
  return row?.['status'] === 'pending' && row['version'] === version
}
