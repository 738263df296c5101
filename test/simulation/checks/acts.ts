// D8, S6, C8 and U1: what customers' acts change, to the last column, and what the audit log says.
import { acceptedRow, afterDeletion, changedBy, changedRow, redeliveredRow } from '../model/acts.ts'
import { differenceOf } from '../model/tables.ts'
import { OVERLAP_MS, PERSON, wantedChanges } from '../world/clients.ts'
import type { Row } from '../world/history.ts'
import { ORG } from '../world/world.ts'
import {
  isClosed,
  isDeleted,
  isRedeliver,
  nameOf,
  type Evidence,
  type Moment,
  type Step,
} from './evidence.ts'
import { differencesIn, rowsAfter } from './sweeping.ts'

/** What is accepted is stored as new, due now, and left to its own message for one lease. */
export function D8(evidence: Evidence): string[] {
  return evidence.changesOf('deliveries').flatMap(({ before, row, now, id }) => {
    const { org_id, endpoint_id, call_id, event_type, url } = row
    const about = { org_id, id, endpoint_id, call_id, event_type, url } as Row
    const difference = before ? undefined : differenceOf(acceptedRow(about, now), row)
    return difference ? [`${id} was accepted: ${difference}`] : []
  })
}

/**
 * A redelivery makes its delivery due now, by hand, and keeps where its schedule was; it changes nothing
 * else, and nothing at all while the endpoint is disabled or deleted.
 */
export function S6(evidence: Evidence): string[] {
  const wrong: string[] = []
  for (const { actor, before, changes, now } of evidence.moments()) {
    if (!isRedeliver(actor)) continue
    for (const step of changes) {
      if (step.kind !== 'deliveries' || !step.before) continue
      const endpointId = step.row['endpoint_id']
      const isOpen = endpointId === null || isEnabled(before.endpoints.get(String(endpointId)))
      if (!isOpen) wrong.push(`${actor.name} asked for ${step.id}, whose endpoint is closed`)
      const difference = differenceOf(redeliveredRow(step.before, PERSON.name, now), step.row)
      if (difference) wrong.push(`${actor.name} left ${step.id}: ${difference}`)
    }
  }
  return wrong
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
      .filter(({ kind }) => kind === 'audit_log')
      .map(({ row }) => told(row))
    const expected = entriesFor(evidence, moment).map((entry) => JSON.stringify(entry))
    if (logged.toSorted().join() !== expected.toSorted().join())
      wrong.push(`${moment.actor.name} is logged with ${logged.join()}, not ${expected.join()}`)
  }
  return wrong
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
  if (name !== 'patch') return undefined
  const call = evidence.run.history.calls.find((one) => one.actor === actor)
  const { url, description, enabledEvents } = wantedChanges(call?.input.place ?? 0)
  if (url !== undefined) return { url }
  if (description !== undefined) return { description }
  return { enabled_events: JSON.stringify(enabledEvents) }
}

type Entry = { action: string; target: string; details: unknown; by: string; at: number }

function told({ action, target_id: target, details, actor: by, at }: Row): string {
  return JSON.stringify({ action, target, details: JSON.parse(String(details)) as unknown, by, at })
}

function entriesFor(evidence: Evidence, moment: Moment): Entry[] {
  const { actor, now, changes } = moment
  if (actor.role !== 'api' || actor.name === 'setup1') return []
  const entry = (action: string, target: string, details: unknown = {}): Entry[] => [
    { action, target, details, by: PERSON.name, at: now },
  ]
  return changes.flatMap((step) => {
    if (step.kind === 'deliveries' && isRedeliver(actor))
      return entry('delivery.redeliver', step.id)
    if (step.kind === 'signing_secrets' && !step.before) return rotationOf(moment, step, entry)
    if (step.kind !== 'endpoints' || ['rotate', 'overlap'].includes(nameOf(actor))) return []
    if (!step.before) return entry('endpoint.create', step.id)
    if (isDeleted(step.row)) return entry('endpoint.delete', step.id)
    const changed = changedBy(step.before, wantedBy(evidence, moment) ?? {})
    return changed.length > 0 ? entry('endpoint.update', step.id, { changed }) : []
  })
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
