// C1–C6: the failure counter of an endpoint, and what disabling it stops.
import { idIn, isClosed, isRecorder, nameOf, type Evidence, type Step } from './evidence.ts'

/** No attempt starts later than so many ms after its batch was read, as the consumer says. */
const BATCH_WINDOW_MS = 15_000

/**
 * An operation without a success raises `consecutive_failures` by exactly the deliveries that it turned
 * from pending to exhausted by an automatic attempt: a repeated message or write adds nothing.
 */
export function C1(evidence: Evidence): string[] {
  const wrong = counted(evidence).filter(({ step, exhausted, succeeded }) => {
    const before = Number(step.before?.['consecutive_failures'])
    return succeeded === 0 && Number(step.row['consecutive_failures']) !== before + exhausted
  })
  const unseen = evidence.changesOf('deliveries').filter((one) => {
    if (!isExhaustion(one) || one.row['endpoint_id'] === null) return false
    const isSeen = evidence
      .statesOf('endpoints', String(one.row['endpoint_id']))
      .some(({ tx }) => tx === one.tx)
    return !isSeen && successesIn(evidence, one.tx, one.row['endpoint_id']) === 0
  })
  return [
    ...wrong.map(({ step }) => describe(step)),
    ...unseen.map(({ id }) => `${id} was not counted`),
  ]
}

/**
 * The system disables an endpoint in the very operation that brings the counter to the limit or, being
 * a batch, past it; never below; and an endpoint at its limit is not left enabled.
 */
export function C2(evidence: Evidence): string[] {
  const { disable } = evidence.run.schedule
  const wrong = evidence.changesOf('endpoints').filter(({ actor, before, row }) => {
    const isFull = Number(row['consecutive_failures']) >= disable
    const isTripped = before?.['status'] === 'enabled' && row['status'] === 'disabled'
    if (!isRecorder(actor)) return false
    if (isTripped) return !isFull || row['disabled_reason'] !== 'too_many_failures'
    return (row['status'] === 'enabled' && isFull) || row['disabled_at'] !== before?.['disabled_at']
  })
  return wrong.map(describe)
}

/** After an operation with a success the counter has at most that operation's own exhaustions. */
export function C3(evidence: Evidence): string[] {
  const wrong = counted(evidence).filter(
    ({ step, exhausted, succeeded }) =>
      succeeded > 0 && Number(step.row['consecutive_failures']) > exhausted,
  )
  const kept = evidence
    .changesOf('deliveries')
    .filter(
      ({ row, before }) => row['status'] === 'delivered' && before?.['status'] !== 'delivered',
    )
    .filter(({ row, tx }) => {
      const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], tx)
      const exhausted = exhaustionsIn(evidence, tx, row['endpoint_id'])
      return endpoint !== undefined && Number(endpoint['consecutive_failures']) > exhausted
    })
  return [
    ...wrong.map(({ step }) => describe(step)),
    ...kept.map(({ id }) => `${id} zeroed nothing`),
  ]
}

/** Enabling leaves the counter at zero and nothing of the disabling. */
export function C4(evidence: Evidence): string[] {
  const wrong = evidence.changesOf('endpoints').filter(({ actor, row }) => {
    if (nameOf(actor) !== 'enable') return false
    return (
      row['status'] !== 'enabled' ||
      row['consecutive_failures'] !== 0 ||
      row['disabled_at'] !== null
    )
  })
  return wrong.map(describe)
}

/**
 * No request is made from a read at which its endpoint was disabled or deleted, and none starts more
 * than the batch's window after that read: so none starts later than that after the commit.
 */
export function C5(evidence: Evidence): string[] {
  const wrong = evidence.run.history.posts.filter((post) => {
    const delivery = evidence.rowAt('deliveries', idIn(post), post.readTx)
    const endpoint = evidence.rowAt('endpoints', delivery?.['endpoint_id'], post.readTx)
    return isClosed(endpoint) || post.at - post.readAt > BATCH_WINDOW_MS
  })
  return wrong.map((post) => `${idIn(post)} was sent all the same`)
}

/** An operation whose only failures were manual attempts does not raise the counter. */
export function C6(evidence: Evidence): string[] {
  const wrong = counted(evidence).filter(({ step, exhausted }) => {
    const raised =
      Number(step.row['consecutive_failures']) - Number(step.before?.['consecutive_failures'])
    return exhausted === 0 && raised > 0
  })
  return wrong.map(({ step }) => describe(step))
}

/** Each change that a consumer made to an endpoint, with what its operation did to the deliveries. */
function counted(evidence: Evidence) {
  const changes = evidence.changesOf('endpoints').filter(({ actor }) => isRecorder(actor))
  return changes.map((step) => ({
    step,
    exhausted: exhaustionsIn(evidence, step.tx, step.id),
    succeeded: successesIn(evidence, step.tx, step.id),
  }))
}

function exhaustionsIn(evidence: Evidence, tx: number, endpointId: unknown): number {
  const changes = evidence.changesOf('deliveries')
  return changes.filter(
    (one) => one.tx === tx && one.row['endpoint_id'] === endpointId && isExhaustion(one),
  ).length
}

function successesIn(evidence: Evidence, tx: number, endpointId: unknown): number {
  return evidence
    .changesOf('deliveries')
    .filter((one) => one.tx === tx && one.row['endpoint_id'] === endpointId)
    .filter(
      ({ before, row }) => row['status'] === 'delivered' && before?.['status'] !== 'delivered',
    ).length
}

/** An automatic attempt exhausted it. */
function isExhaustion({ actor, before, row }: Step): boolean {
  const isExhausted = before?.['status'] === 'pending' && row['status'] === 'exhausted'
  return isRecorder(actor) && isExhausted && before['is_manual'] === 0
}

function describe({ actor, before, row }: Step): string {
  const from = `${before?.['status']} at ${before?.['consecutive_failures']}`
  return `${actor.name} took an endpoint from ${from} to ${row['status']} at ${row['consecutive_failures']}`
}
