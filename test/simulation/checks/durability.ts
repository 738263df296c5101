// D1–D7: what was accepted is stored, and never lost.
import { eventIdOf } from '../../../src/db/ids.ts'
import type { AcceptedEvent } from '../../../src/delivery/accept.ts'
import { LEASE_MS, MAX_LEASE_MS } from '../../../src/delivery/lease.ts'
import { letsThrough } from '../model/filters.ts'
import { firstLeaseEnd } from '../model/rules.ts'
import { placeOf, placesOf } from '../world/clients.ts'
import type { ClientCall, Row } from '../world/history.ts'
import { callOf, isClosed, isDeleted, isForgotten, type Evidence, type Step } from './evidence.ts'
import { isLeftToNobody, isListenedTo } from './records.ts'
import { isStopped } from './stopping.ts'

const MINUTE_MS = 60_000

/** Thirty days, less what clocks differ. */
const RETENTION_MS = 30 * 24 * 3600 * 1000 - 600_000

/** What calls of a run by chance may take, beside what the faults take. */
const SLACK_MS = 15_000

/**
 * At the moment of a 2xx the event is stored, with exactly the deliveries that the answer names. And
 * nothing tells of a delivery before it is stored: no message is sent for a row that is not there.
 */
export function D1(evidence: Evidence): string[] {
  const { calls, sents } = evidence.run.history
  const answers = calls.filter(isIntake).flatMap((call) => {
    const { tx = 0 } = call.answer ?? {}
    return acceptedBy(call).flatMap(({ id, deliveries }) => {
      if (!evidence.rowAt('events', id, tx)) return [`answered, but not stored: event ${id}`]
      const stored = [...evidence.rowsAt('deliveries', tx)].flatMap(([one, row]) =>
        eventIdOf(one) === id && row['replay_id'] === null ? [one] : [],
      )
      const named = deliveries.map((one) => one.id)
      return stored.toSorted().join() === named.toSorted().join() ? [] : [`answer differs: ${id}`]
    })
  })
  const early = sents.flatMap(({ refs, tx }) =>
    refs.filter(({ id }) => !evidence.rowAt('deliveries', id, tx)),
  )
  return [...answers, ...early.map(({ id }) => `a message for ${id}, which is not stored yet`)]
}

/**
 * When the faults have stopped and nothing moves any more, each delivery ever stored is still there, or
 * was pruned long after it had finished; and is delivered, exhausted for a reason that the contract names, or held: pending while its
 * endpoint is disabled, or is listened to by nobody, or is stopped.
 */
export function D2(evidence: Evidence): string[] {
  const { run } = evidence
  if (!run.isSettled) return ['it goes on and on']
  const final = new Map(evidence.deliveries.map((row) => [String(row['id']), row]))
  const ids = new Set(evidence.changesOf('deliveries').map(({ id }) => id))
  return [...ids].flatMap((id) => {
    const row = final.get(id)
    if (!row) return isRightlyPruned(evidence, id) ? [] : [`gone: ${id}`]
    if (row['status'] === 'delivered') return []
    if (row['status'] === 'exhausted')
      return isRightlyExhausted(evidence, row) ? [] : [`given up: ${id}`]
    const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], Infinity)
    const isHeld =
      isClosed(endpoint) ||
      isLeftToNobody(evidence, row) ||
      isStopped(evidence, row['url'], Infinity)
    return isHeld && !isDeleted(endpoint) ? [] : [`left behind: ${id}`]
  })
}

/**
 * At every moment a pending delivery has an instant at which the sweep looks at it (`sweep_at`, or the end
 * of a lease from its insert on, while it is new: both are judged by D4), or is parked for an endpoint which is disabled, or which the sweep looks at: by its `sweep_at`, or by that of
 * what is left of it once it was deleted; or because it has been unwell: then a sweep begins its recovery. What is
 * listened to waits for whoever does.
 */
export function D3(evidence: Evidence): string[] {
  const deliveries = new Map<string, Row>()
  const endpoints = new Map<string, Row>()
  const deleted = new Map<string, Row>()
  const stuck = new Set<string>()
  for (const [index, step] of evidence.steps.entries()) {
    if (step.kind === 'deliveries') deliveries.set(step.id, step.row)
    if (step.kind === 'endpoints') endpoints.set(step.id, step.row)
    if (step.kind === 'deleted_endpoints') deleted.set(step.id, step.row)
    if (evidence.steps[index + 1]?.tx === step.tx) continue
    for (const [id, row] of deliveries) {
      if (row['stage'] !== 'pending' || row['sweep_at'] !== null) continue
      const endpoint = endpoints.get(String(row['endpoint_id']))
      const isLookedAfter = isDeleted(endpoint)
        ? deleted.get(String(row['endpoint_id']))?.['sweep_at'] !== null
        : endpoint &&
          (endpoint['sweep_at'] !== null ||
            isClosed(endpoint) ||
            isToRecover(endpoint) ||
            isListenedTo(row))
      if (!isLookedAfter) stuck.add(`nobody looks at ${id} after operation ${step.tx}`)
    }
  }
  return [...stuck]
}

/**
 * A lease is at most as long as the engine says. Once nothing goes wrong, what is due (`sweep_at` has
 * come) is taken or finished within two cron periods by the sweep's clock.
 */
export function D4(evidence: Evidence): string[] {
  const { history, schedule, endAt } = evidence.run
  const behindMs = Math.max(0, -(schedule.skew[2] ?? 0)) * 1000
  return evidence.changesOf('deliveries').flatMap((step) => {
    const { id, row, at } = step
    const sweepAt = row['stage'] === 'new' ? firstLeaseEnd(id) : row['sweep_at']
    if (row['status'] !== 'pending' || typeof sweepAt !== 'number') return []
    const dueAt = Math.max(sweepAt + behindMs, at, history.quietAt)
    const states = evidence.statesOf('deliveries', id)
    const takenAt = states[states.indexOf(step) + 1]?.at ?? endAt
    const isLate = takenAt > dueAt + 2 * MINUTE_MS + SLACK_MS
    const late = isLate ? [`${id} was due at ${dueAt}, taken at ${takenAt}`] : []
    return late.concat(isLeaseTooLong(step) ? [`the lease of ${id} is too long`] : [])
  })
}

/**
 * For each message that a queue lost while it was the current one, another was sent later, or its
 * delivery has come to an end, or is held.
 */
export function D5(evidence: Evidence): string[] {
  const { lost, sents } = evidence.run.history
  const orphans = lost.filter(({ id, version, tx }) => {
    const row = evidence.rowAt('deliveries', id, tx)
    if (row?.['status'] !== 'pending' || row['version'] !== version) return false
    const isSentAgain = sents.some((sent) => sent.tx > tx && sent.refs.some((ref) => ref.id === id))
    const end = evidence.rowAt('deliveries', id, Infinity)
    const endpoint = evidence.rowAt('endpoints', end?.['endpoint_id'], Infinity)
    const isLeft =
      isClosed(endpoint) || isListenedTo(end) || isStopped(evidence, end?.['url'], Infinity)
    return !isSentAgain && end?.['status'] === 'pending' && !isLeft
  })
  return orphans.map(({ id }) => `nothing was sent for ${id} after its message was lost`)
}

/**
 * All calls of one intake, repeated with its Idempotency-Key, left its events once or not at all, and
 * each answer names those, in their order; none that can be answered is left without. Where D1 was only to be asked again, there is one. An answer that says that nothing was stored tells the truth.
 */
export function D6(evidence: Evidence): string[] {
  const events = acceptedIn(evidence)
  const intakes = evidence.run.history.calls.filter(isIntake)
  const byIntention = Map.groupBy(intakes, ({ intention }) => intention)
  return [...byIntention.values()].flatMap((calls) => {
    const places = calls[0] ? placesOf(calls[0]) : []
    const stored = events.filter(({ row }) => places.includes(placeOf(row)))
    const ids = places.map((place) => stored.find(({ row }) => placeOf(row) === place)?.id)
    if (stored.length > 0 && stored.length !== places.length)
      return [`${stored.length} events for ${places.length}, with one Idempotency-Key`]
    const named = calls.flatMap((call) => acceptedBy(call).filter(({ id }, at) => id !== ids[at]))
    const lies = calls.filter(({ actor, error }) =>
      stored.some((one) => one.actor === actor && error?.message.includes('Nothing was stored')),
    )
    const wrong = named.map(({ id }) => `answered with ${id}, which is not the stored event`)
    const vain = calls.filter((call) => isHarmless(evidence, call))
    const waiting = calls.filter(({ actor, answer, error }) => !actor.isDead && !answer && !error)
    return wrong
      .concat(waiting.map(({ actor }) => `${actor.name}: never answered`))
      .concat(lies.map(({ actor }) => `${actor.name}: "Nothing was stored", but it was`))
      .concat(vain.map(({ actor, error }) => `${actor.name}: ${error?.message}`))
  })
}

/**
 * The deliveries stored with an event are exactly one for each endpoint that was enabled and
 * subscribed at that operation and whose filter let it through, to its URL at that moment, and one for the call's own
 * URL; of a test, one for its endpoint. Those whose filter did not are told with the event, and no others. What a replay has made of an event that was missed names it, and is none of these.
 */
export function D7(evidence: Evidence): string[] {
  const inserted = evidence
    .changesOf('deliveries')
    .filter(({ before, row }) => !before && row['replay_id'] === null)
  return acceptedIn(evidence).flatMap(({ id, tx, row }) => {
    const call = callOf(evidence, row)
    const wanted = [...evidence.rowsAt('endpoints', tx - 1)]
      .filter(([, endpoint]) => !isClosed(endpoint) && isSubscribed(endpoint, row['type']))
      .filter(([endpointId]) => ['', endpointId].includes(call?.input.target ?? ''))
      .filter(
        ([endpointId, one]) => endpointId === call?.input.target || letsThrough(one, placeOf(row)),
      )
      .map(([endpointId, endpoint]) => `${endpointId} ${endpoint['url']}`)
    if (call?.input.webhookUrl) wanted.push(`null ${call.input.webhookUrl}`)
    const made = inserted
      .filter((one) => eventIdOf(one.id) === id)
      .map((one) => `${one.row['endpoint_id']} ${one.row['url']}${one.tx === tx ? '' : ' later'}`)
    const kept = keptBack(evidence, { tx, row }, call?.input.target ?? '')
    if (kept !== undefined) return [`fan-out of ${id}: ${kept}`]
    return made.toSorted().join() === wanted.toSorted().join()
      ? []
      : [`fan-out of ${id}: ${made.join()}`]
  })
}

/** What is wrong with what an event says was kept back by filters, in words. */
function keptBack(
  evidence: Evidence,
  { tx, row }: Pick<Step, 'tx' | 'row'>,
  target: string,
): string | undefined {
  const skipped = JSON.parse(String(row['skipped'] ?? '{}')) as { filtered?: object } | null
  const told = Object.keys(skipped?.filtered ?? {})
    .toSorted()
    .join()
  const kept = [...evidence.rowsAt('endpoints', tx - 1)].flatMap(([endpointId, endpoint]) => {
    const isMeant = target === '' && !isClosed(endpoint) && isSubscribed(endpoint, row['type'])
    return isMeant && !letsThrough(endpoint, placeOf(row)) ? [endpointId] : []
  })
  return told === kept.toSorted().join() ? undefined : `kept back are ${kept.join()}, not ${told}`
}

/** The events as they were stored; a replay may have one listed under its call later. */
function acceptedIn(evidence: Evidence): Step[] {
  return evidence.changesOf('events').filter(({ before }) => !before)
}

/** Whether a call failed though all that went wrong was such that D1 may be asked again. */
function isHarmless({ run }: Evidence, { actor, error }: ClientCall): boolean {
  const faults = run.schedule.faults.filter(({ call }) => call.startsWith(`${actor.name}.`))
  const isAskedAgain = faults.length === actor.faults && faults.length <= 2
  const isFailed = error?.code === 'internal_error' || error?.code === 'unavailable'
  const isLedInTime = run.schedule.faults.every(
    ({ call, kind }) =>
      faults.some((own) => own.call === call) || !INTAKE.test(call) || AT_ONCE.has(kind),
  )
  return isFailed && isAskedAgain && isLedInTime && faults.every(({ kind }) => AGAIN.has(kind))
}

/** After these a statement is sent again, as often as twice. */
const AGAIN = new Set(['reset', 'unseen', 'late', 'stall'])

/** Of a request that stored for others: after these they have their answer in time. */
const AT_ONCE = new Set(['reset', 'unseen'])

/** A call of an intake request, which may have stored for others. */
const INTAKE = /^(event|bare|batch)\d/

function isIntake({ action }: ClientCall): boolean {
  return ['event', 'bare', 'batch', 'test'].includes(action)
}

function acceptedBy({ answer }: ClientCall): AcceptedEvent[] {
  // acceptBatch answers these: none of them is refused.
  return (answer?.value ?? []) as AcceptedEvent[]
}

function isRightlyExhausted(evidence: Evidence, row: Row): boolean {
  const isUsedUp = Number(row['attempt_count']) > evidence.run.schedule.waits.length
  const endpoint = evidence.rowAt('endpoints', row['endpoint_id'], Infinity)
  const isGivenUp = evidence.run.history.logs.includes('delivery_given_up')
  const isEnded =
    row['last_error'] === 'discarded' ||
    (row['last_error'] === 'payload deleted' && isForgotten(row)) ||
    (isGivenUp && row['last_error'] === 'could not be processed')
  return isUsedUp || isDeleted(endpoint) || isEnded
}

function isRightlyPruned(evidence: Evidence, id: string): boolean {
  const last = evidence.statesOf('deliveries', id).at(-1)
  const isOld = evidence.run.endAt - Number(last?.row['updated_at']) >= RETENTION_MS
  const isAsked = evidence.run.schedule.steps.some(({ action }) => action === 'upkeep')
  return isAsked && isOld && last?.row['status'] !== 'pending'
}

function isToRecover({ unwell_since: since, pace }: Row): boolean {
  return typeof since === 'number' && pace === null
}

function isLeaseTooLong({ row, before, actor, at }: Step): boolean {
  if (before?.['sweep_at'] === row['sweep_at'] || row['stage'] === 'new') return false
  const lapses = before ? Number(before['lapses']) : 0
  const leaseMs = Math.min(MAX_LEASE_MS, LEASE_MS * 2 ** Math.min(lapses, 16))
  const from = Math.max(Number(row['next_attempt_at']), at + actor.skewMs)
  return Number(row['sweep_at']) > from + leaseMs
}

/** Whether an endpoint takes events of a type: `*` are those about calls. */
export function isSubscribed(endpoint: Row, type: Row[string] | undefined): boolean {
  const enabled = String(endpoint['enabled_events'])
  const isOfAll = enabled.includes('"*"') && String(type).startsWith('call.')
  return isOfAll || enabled.includes(`"${type}"`)
}
