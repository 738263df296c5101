// D8, S6, S7, C8 and U1: what customers' acts change, to the last column, and what the audit log says.
import type { Discarded } from '../../../src/db/lifecycle/discard.ts'
import { acceptedRow, afterDeletion, changedBy, changedRow, redeliveredRow } from '../model/acts.ts'
import { endedBy } from '../model/sweep.ts'
import { differenceOf } from '../model/tables.ts'
import { PERSON } from '../world/asking.ts'
import { DISCARD_REASON, OVERLAP_MS, READDRESSED, wantedChanges } from '../world/clients.ts'
import type { Row } from '../world/history.ts'
import { isMover, isOperator } from '../world/homes.ts'
import { ORG } from '../world/world.ts'
import {
  isClosed,
  isDeleted,
  isIntake,
  isRecorder,
  isRedeliver,
  isStepping,
  nameOf,
  type Evidence,
  type Moment,
  type Step,
} from './evidence.ts'
import { isLetGo, isWaitingAt, orderMembers, wantedOrder } from './lines.ts'
import { differencesIn, rowsAfter } from './sweeping.ts'

/** What is accepted is stored as new, due now, and left to its own message for one lease. */
export function D8(evidence: Evidence): string[] {
  return evidence.changesOf('deliveries').flatMap((step) => {
    const { before, row, now, id, actor } = step
    if (before || isStepping(actor)) return []
    const { org_id, endpoint_id, call_id, event_type, url } = row
    const about = { org_id, id, endpoint_id, call_id, event_type, url } as Row
    const difference = differenceOf(acceptedRow(about, now), row)
    return difference ? [`${id} was accepted: ${difference}`] : []
  })
}

/**
 * A redelivery makes its delivery due now, by hand, and keeps where its schedule was; its URL becomes the
 * endpoint's when that is asked for. It changes nothing else, and nothing at all while the endpoint is disabled or
 * deleted.
 */
export function S6(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const { actor, before, changes, now, tx } of evidence.moments()) {
    if (!isRedeliver(actor)) continue
    for (const step of changes) {
      if (step.kind !== 'deliveries' || !step.before) continue
      const endpointId = step.row['endpoint_id']
      const endpoint = before.endpoints.get(String(endpointId))
      const isOpen = endpointId === null || isEnabled(endpoint)
      if (!isOpen) wrong.push(`${actor.name} asked for ${step.id}, whose endpoint is closed`)
      const isReaddressed = nameOf(actor) === 'readdress' && endpoint !== undefined
      const from = isReaddressed ? { ...step.before, url: endpoint['url'] ?? null } : step.before
      const asked = { by: PERSON.name, now, isWaiting: isWaitingAt(evidence, from, tx - 1) }
      const difference = differenceOf(redeliveredRow(from, asked), step.row)
      if (difference) wrong.push(`${actor.name} left ${step.id}: ${difference}`)
    }
  }
  return wrong
}

/**
 * A discard ends what is pending of the endpoint that it names, each once, and changes nothing else; and whoever is told that
 * no more is left finds none that was pending then, but what somebody else has changed meanwhile.
 */
export function S7(evidence: Evidence): string[] {
  const wrong: string[] = []
  const ended = new Set<string>()
  for (const { actor, changes, now } of evidence.moments()) {
    if (nameOf(actor) !== 'discard') continue
    const call = evidence.run.history.calls.find((one) => one.actor === actor)
    const { key, input: { target } = {} } = call ?? {}
    for (const step of changes) {
      const { kind, id, before, row } = step
      if (kind === 'audit_log' || kind === 'idempotency_keys' || isLetGo(evidence, step)) continue
      const isMeant = kind === 'deliveries' && row['endpoint_id'] === target
      if (!isMeant || before?.['status'] !== 'pending') {
        wrong.push(`${actor.name} changed ${kind} ${id}`)
        continue
      }
      const difference = differenceOf({ ...before, ...endedBy('discarded', before, now) }, row)
      if (difference) wrong.push(`${actor.name} left ${id}: ${difference}`)
      if (ended.has(`${key} ${id}`)) wrong.push(`${actor.name} ended ${id} again`)
      ended.add(`${key} ${id}`)
    }
  }
  return [...wrong, ...leftBy(evidence)]
}

/** What was pending all along, and no discard has ended. */
function leftBy(evidence: Evidence): string[] {
  const { calls } = evidence.run.history
  return calls.flatMap(({ action, actor, key, answer, input }) => {
    // A discard answers these.
    const value = answer?.value as Discarded | undefined
    if (action !== 'discard' || !answer || value?.hasMore) return []
    const { startTx = 0 } = calls.find((one) => one.key === key) ?? {}
    return [...evidence.rowsAt('deliveries', startTx)].flatMap(([id, row]) => {
      if (row['endpoint_id'] !== input.target || row['status'] !== 'pending') return []
      const states = evidence.statesOf('deliveries', id)
      const isTouched = states.some(({ tx }) => tx > startTx && tx <= answer.tx)
      return isTouched ? [] : [`${actor.name} left ${id} as it was`]
    })
  })
}

/** A change of an endpoint, enabling, disabling and deleting it do what the model says, no more and no less. */
export function C8(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    const id = targetOf(evidence, moment)
    const wanted = id === undefined ? undefined : wantedBy(evidence, moment)
    if (id === undefined || (!wanted && nameOf(moment.actor) !== 'delete')) continue
    const { before, now } = moment
    const endpoint = before.endpoints.get(id)
    if (wanted) {
      const expected = endpoint && changedRow(endpoint, wanted, now)
      const difference = differenceOf(expected, rowsAfter('endpoints', moment).get(id))
      if (difference) wrong.push(`${moment.actor.name} left ${id}: ${difference}`)
    } else {
      const after = afterDeletion(before, id, now)
      wrong.push(...differencesIn('deliveries', moment, after.deliveries))
      wrong.push(...differencesIn('deleted_endpoints', moment, after.deleted_endpoints))
      if (!isDeleted(rowsAfter('endpoints', moment).get(id) ?? endpoint) && endpoint)
        wrong.push(`${id} is still there`)
      const gone = moment.deletions.filter(({ kind }) => kind === 'signing_secrets')
      const secrets = [...evidence.rowsAt('signing_secrets', moment.tx)]
      const left = secrets.filter(
        ([one, row]) => row['owner_id'] === id && !gone.some((it) => it.id === one),
      )
      if (endpoint && left.length > 0) wrong.push(`the secrets of ${id} are still there`)
    }
  }
  return wrong
}

/** Each act that changed something stands in the audit log once, written with the change; nothing else does. */
export function U1(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const moment of evidence.moments()) {
    const logged = moment.changes
      .filter(({ kind, row }) => kind === 'audit_log' && !isOfMove(moment, row))
      .map(({ row }) => told(row))
    const expected = entriesFor(evidence, moment).map((entry) => JSON.stringify(entry))
    if (logged.toSorted().join() !== expected.toSorted().join())
      wrong.push(`${moment.actor.name} is logged with ${logged.join()}, not ${expected.join()}`)
  }
  return wrong
}

/** The operator's entry, written when a move begins. */
function isOfMove({ actor }: Moment, { action }: Row): boolean {
  return action === 'org.move' && isMover(actor)
}

function isEnabled(endpoint: Row | undefined): boolean {
  return endpoint !== undefined && !isClosed(endpoint)
}

function targetOf({ run }: Evidence, { actor, isRead }: Moment): string | undefined {
  if (actor.role !== 'api' || isRead) return undefined
  return run.history.calls.find((call) => call.actor === actor)?.input.target
}

/**
 * The columns that an act of this name gives an endpoint, the first time; undefined when it is none of
 * an endpoint.
 */
function wantedBy(evidence: Evidence, { actor, tx }: Moment): Row | undefined {
  const name = nameOf(actor)
  const entries = evidence.changesOf('audit_log')
  if (entries.some((entry) => entry.actor === actor && entry.tx < tx)) return {}
  if (name === 'enable') return { status: 'enabled', consecutive_failures: 0 }
  if (name === 'disable') return { status: 'disabled' }
  const call = evidence.run.history.calls.find((one) => one.actor === actor)
  if (name === 'limit') return { max_per_second: call?.input.rate || null }
  if (name === 'order') return wantedOrder(evidence, tx, call)
  if (name !== 'patch') return undefined
  const wanted = wantedChanges(call?.input.place ?? 0, evidence.run.schedule)
  const { url, description, enabledEvents, filter } = wanted
  if (filter !== undefined) return { filter }
  if (url !== undefined) return { url }
  if (description !== undefined) return { description }
  return { enabled_events: JSON.stringify(enabledEvents) }
}

const FORGET = 'event.delete_payload'

type Entry = { action: string; target: string; details: unknown; by: string; at: number }

function told({ action, target_id: target, details, actor: by, at }: Row): string {
  return JSON.stringify({ action, target, details: JSON.parse(String(details)) as unknown, by, at })
}

function entriesFor(evidence: Evidence, moment: Moment): Entry[] {
  const { actor, now, changes } = moment
  if (isOperator(actor)) return stoppingOf(evidence, moment)
  if (isMover(actor)) return arrivalOf(evidence, moment)
  if (isStepping(actor)) return changes.flatMap(holdingOf)
  if (isRecorder(actor)) return changes.flatMap(disablingOf)
  if (actor.role !== 'api' || isIntake(actor) || actor.name === 'setup1') return []
  const entry = (action: string, target: string, details: unknown = {}): Entry[] => [
    { action, target, details, by: PERSON.name, at: now },
  ]
  if (nameOf(actor) === 'discard') return discardOf(evidence, moment, entry)
  if (nameOf(actor) === 'forget')
    return changes.flatMap(({ kind, id }) => (kind === 'events' ? entry(FORGET, id) : []))
  return changes.flatMap((step): Entry[] => {
    if (step.kind === 'deliveries' && isRedeliver(actor))
      return entry('delivery.redeliver', step.id, nameOf(actor) === 'readdress' ? READDRESSED : {})
    if (step.kind === 'replays') return [toldOfReplay(step)]
    if (step.kind === 'signing_secrets' && !step.before) return rotationOf(moment, step, entry)
    if (step.kind !== 'endpoints' || ['rotate', 'overlap'].includes(nameOf(actor))) return []
    if (!step.before) return entry('endpoint.create', step.id)
    if (isDeleted(step.row)) return entry('endpoint.delete', step.id)
    const columns = changedBy(step.before, wantedBy(evidence, moment) ?? {})
    const changed = columns.flatMap((name) => orderMembers(name, step))
    if (changed.length === 0) return []
    const status = changed.includes('status') ? { status: step.row['status'] } : {}
    return entry('endpoint.update', step.id, { changed, ...status })
  })
}

/** What is about the org is logged with it; all else once, in the first database. */
function stoppingOf({ run: { history } }: Evidence, { tx, now }: Moment): Entry[] {
  return history.stops.flatMap(({ tx: at, id, host, isLifted, database }): Entry[] => {
    const isOfOrg = id.startsWith(ORG)
    if (at !== tx || (!isOfOrg && database !== 'DB')) return []
    const [stop, lift] = isOfOrg
      ? ['org.pause_sending', 'org.resume_sending']
      : ['stop.put', 'stop.lift']
    const action = isLifted ? lift : stop
    const target = isOfOrg ? ORG : host || 'everything'
    const details = isLifted ? {} : { reason: null }
    return [{ action: action ?? '', target, details, by: PERSON.name, at: now }]
  })
}

/** The end of a move is logged where the org has come to, when it is opened there. */
function arrivalOf({ run: { history } }: Evidence, { tx, now }: Moment): Entry[] {
  const place = history.homes.findIndex((one) => one.tx === tx)
  const { database: to } = history.homes[place] ?? {}
  const details = { from: history.homes[place - 1]?.database ?? 'DB', to }
  return to ? [{ action: 'org.arrive', target: ORG, details, by: 'system', at: now }] : []
}

/** A replay that a step pauses is held: nobody has asked for it. */
function holdingOf({ kind, id, row }: Step): Entry[] {
  if (kind !== 'replays' || row['status'] !== 'paused') return []
  const details = { reason: 'canary_failed' }
  const at = Number(row['updated_at'])
  return [{ action: 'replay.pause', target: id, details, by: 'system', at }]
}

/** What the service disables it logs in the same transaction, as its own act. */
function disablingOf({ kind, id, before, row, now }: Step): Entry[] {
  const isTripped = before?.['status'] === 'enabled' && row['status'] === 'disabled'
  if (kind !== 'endpoints' || !isTripped) return []
  const { disabled_reason: reason, consecutive_failures } = row
  const details = { reason, consecutive_failures }
  return [{ action: 'endpoint.disable', target: id, details, by: 'system', at: now }]
}

function discardOf(
  evidence: Evidence,
  { actor, changes }: Moment,
  entry: (action: string, target: string, details: unknown) => Entry[],
): Entry[] {
  const target = evidence.run.history.calls.find((call) => call.actor === actor)?.input.target
  const discarded = changes.filter(({ kind }) => kind === 'deliveries').length
  const details = { filter: { endpoint_id: target }, reason: DISCARD_REASON, discarded }
  return discarded > 0 ? entry('org.discard_deliveries', ORG, details) : []
}

function toldOfReplay({ id, actor, before, row }: Step): Entry {
  const entry = (action: string, details: unknown): Entry => {
    return { action, target: id, details, by: PERSON.name, at: Number(row['updated_at']) }
  }
  if (!before) return entry('replay.start', detailsOf(row))
  const name = nameOf(actor)
  if (name !== 'repace') return entry(`replay.${name}`, {})
  return entry('replay.change_rate', { rate_per_second: row['rate_per_second'] })
}

function detailsOf({ total, copies_to: url }: Row) {
  return url === null ? { total } : { total, url }
}

function rotationOf(
  { actor }: Moment,
  { row }: Step,
  entry: (action: string, target: string, details: unknown) => Entry[],
): Entry[] {
  const name = nameOf(actor)
  if (name === 'create') return []
  const owner = String(row['owner_id'])
  const action = owner === ORG ? 'org.rotate_default_secret' : 'endpoint.rotate_secret'
  return entry(action, owner, { overlap_seconds: name === 'overlap' ? OVERLAP_MS / 1000 : 0 })
}
