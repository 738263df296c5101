// What each consumer wrote when its attempts were over, told apart: outcomes, superseded ones, the rest.
import { LISTEN_URL } from '../model/rules.ts'
import type { Actor, Post, Row } from '../world/history.ts'
import {
  idIn,
  isDeleted,
  isIntake,
  isRecorder,
  isTeller,
  isWord,
  type Evidence,
  type Moment,
  type Step,
} from './evidence.ts'
import { lacksTurn } from './crowding.ts'
import { isStopped } from './stopping.ts'

/** An attempt that an operation recorded; `step` is its delivery's change. */
export type Recorded = { post: Post; step: Step }

/** A write of what came of attempts: `missing` are requests that were on their way when it was asked for. */
export type Recording = {
  moment: Moment
  outcomes: Recorded[]
  superseded: Recorded[]
  missing: Post[]
}

/** Every write of what came of attempts, in order. */
export function* recordingsIn(evidence: Evidence): Generator<Recording> {
  const recorded = new Set<Post>()
  for (const moment of evidence.moments()) {
    // What disables an endpoint logs it, and has it told, which stores nothing that is attempted.
    const isStoring = moment.changes.some(({ kind, before }) => !before && !isWord(kind))
    const isOther = !isRecorder(moment.actor) || isStoring || hasStoredNothing(evidence, moment)
    if (isOther || moment.isRead) continue
    const grown = moment.changes.flatMap((step) => {
      const post = hasGrown(step) ? evidence.postBehind(step) : undefined
      return post ? [{ post, step }] : []
    })
    if (grown.length === 0 && isTeller(moment.actor)) continue
    for (const { post } of grown) recorded.add(post)
    const isOutcome = ({ step: { before, row } }: Recorded): boolean =>
      before?.['version'] !== row['version']
    yield {
      moment,
      outcomes: grown.filter(isOutcome),
      superseded: grown.filter((one) => !isOutcome(one)),
      missing: evidence
        .membersOf(moment)
        .flatMap(({ actor, askedAt }) =>
          evidence.postsBy(actor).filter(({ answered }) => !answered || answered.at > askedAt),
        )
        .filter((post) => post.tx < moment.tx && !recorded.has(post)),
    }
  }
}

/** Whether a request asked for what it did not know of the endpoints, and so stored nothing. */
function hasStoredNothing({ run }: Evidence, { actor, tx }: Moment): boolean {
  return isIntake(actor) && !run.history.led.some((one) => one.leader === actor && one.tx < tx)
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

/** A consumer's messages that it put aside: their endpoint was disabled when it read them, is listened to, or is stopped. */
export function heldBy(actor: Actor, { tx, before }: Moment, evidence: Evidence): string[] {
  return actor.messages.flatMap(({ id, version }) => {
    const read = evidence.rowAt('deliveries', id, actor.readTx)
    const isHeld = isAt(read, version) && isNotSentTo(evidence, actor, read)
    const isMade = evidence.postsBy(actor).some((post) => idIn(post) === id && post.tx < tx)
    return isHeld && !isMade && isAt(before.deliveries.get(id), version) ? [id] : []
  })
}

/** Whether a consumer held messages for endpoints that were disabled when it read them. */
export function hasHeld(evidence: Evidence, actor: Actor): boolean {
  return actor.messages.some(({ id, version }) => {
    const read = evidence.rowAt('deliveries', id, actor.readTx)
    const endpoint = evidence.rowAt('endpoints', read?.['endpoint_id'], actor.readTx)
    return isAt(read, version) && isNotSentTo(evidence, actor, read) && !isDeleted(endpoint)
  })
}

function isAt(row: Step['before'], version: number): boolean {
  return row?.['status'] === 'pending' && row['version'] === version
}

function isNotSentTo(evidence: Evidence, actor: Actor, delivery: Row | undefined): boolean {
  const { readTx } = actor
  const endpoint = evidence.rowAt('endpoints', delivery?.['endpoint_id'], readTx)
  const isStoppedThen = isStopped(evidence, delivery?.['url'], readTx)
  const isKept = isListenedTo(delivery) || isStoppedThen || lacksTurn(evidence, actor, delivery)
  return endpoint?.['status'] === 'disabled' || (isKept && !isDeleted(endpoint))
}

/** Whether nobody is ever sent to for a delivery: whoever listens takes it. */
export function isListenedTo(delivery: Row | undefined): boolean {
  return delivery?.['url'] === LISTEN_URL
}

/** Whether a delivery waits for somebody who listens, and nobody ever does. */
export function isLeftToNobody({ run }: Evidence, delivery: Row): boolean {
  return isListenedTo(delivery) && !run.schedule.steps.some(({ action }) => action === 'listen')
}
