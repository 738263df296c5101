// Event intake: from accepted events to stored deliveries on their way.
import { readFirst, type Idempotency, type Once } from '../db/idempotency.ts'
import { newEventId, newId } from '../db/ids.ts'
import {
  storeEvents,
  type CreatedDelivery,
  type Intake,
  type IntakeGroup,
  type NewEvent,
  type StoredEvents,
} from '../db/lifecycle/accept.ts'
import type { DeliveryToSend } from '../db/lifecycle/consume.ts'
import type { RefusedUrl, Skipped } from '../db/skipped.ts'
import { AppError, type Issue } from '../errors.ts'
import type { Groups, Share, World } from '../world.ts'
import { attemptNow, mayLeaveNow } from './dispatch.ts'
import { judgeFit, learnFit } from './fit.ts'
import { alone, createGroups, MAX_LED_MS } from './group.ts'
import { queueUp } from './queue-up.ts'
import { learnQuotas, refuseMinute, refuseOver } from './refuse-over.ts'

/**
 * A checked event; `call` is the JSON text to pass on, `created` Unix seconds, now by default. The
 * call's own URL is one of both: to be delivered to, or refused.
 */
export type EventInput = {
  type: string
  callId: string
  webhookUrl: string | null
  refusedUrl?: RefusedUrl | undefined
  created: number | undefined
  call: string
  /** For this endpoint only; usually it is for all that match. */
  endpointId?: string
  /** What is kept of the trace that it was sent in, if it was. */
  trace?: string | undefined
}

/** An element of a batch that is no event, with the error that stands in its place. */
export type Refused = { refused: { error: string; code: string; issues?: Issue[] } }

/** What became of an event. */
export type AcceptedEvent = {
  id: string
  type: string
  callId: string
  created: number
  deliveries: CreatedDelivery[]
  skipped: Skipped[]
}

/** One place of a batch's answer as an Idempotency-Key keeps it; an event's fan-out is read anew. */
type Place = Pick<NewEvent, 'id' | 'type' | 'callId' | 'created'> | Refused

/** Events that a group of requests may have. */
const MAX_GROUP_EVENTS = 100

/** Bytes of what a group stores, UTF-8: half of what D1 takes as one value (R5). */
const MAX_GROUP_BYTES = 1_000_000

/** Times that events are judged anew because an endpoint's filter has just changed. */
const MAX_JUDGED = 5

/** The groups of intake requests that are stored together. */
export type IntakeGroups = Groups<Intake, StoredEvents>

/** How a request is stored with others. */
export type IntakeShare = Share<Intake, StoredEvents>

/** Makes those of an isolate, in a line for each caller. */
export function createIntakeGroups(): IntakeGroups {
  return createGroups({ weigh, maxWeight: MAX_GROUP_BYTES, maxLedMs: MAX_LED_MS })
}

function weigh(intake: Intake): number {
  return Math.max(bytesOf(intake), intake.events.length * (MAX_GROUP_BYTES / MAX_GROUP_EVENTS))
}

/** With which Idempotency-Key, and together with whom: by itself, if nothing is said. */
export type Accepting = {
  idempotency?: Idempotency | undefined
  share?: IntakeShare
}

/**
 * Stores the events and their deliveries, all in one transaction; the deliveries set out behind the answer.
 * Each result stands in its input's place; what was refused already stays where it is, and is remembered
 * with the others (I1).
 * @throws AppError `idempotency_key_reused`; `quota_exceeded`: none is stored; `unavailable`: it is not known whether
 * they are.
 */
export async function acceptBatch(
  world: World,
  orgId: string,
  inputs: (EventInput | Refused)[],
  { idempotency, share = alone(world) }: Accepting = {},
): Promise<Once<(AcceptedEvent | Refused)[]>> {
  const now = world.now()
  const planned = inputs.map((input) => ('refused' in input ? input : toNewEvent(input, now)))
  const places = planned.map(toPlace)
  const events = planned.flatMap((one) => ('refused' in one ? [] : [one]))
  const refusal = await refuseMinute(world, orgId, events.length)
  // What was accepted before is answered again all the same.
  if (refusal && !idempotency) throw refusal
  const intake = {
    events: refusal ? [] : events,
    idempotency,
    token: newId(now),
    snapshot: JSON.stringify(places),
  }
  const stored = await share(
    intake,
    (intakes) => storeTogether(world, orgId, intakes, { isMetered: true }),
    (all) => attemptNow(world, createdOf(intake, all)),
  )
  const first = firstOf(intake, stored)
  if (!first) {
    if (refusal) throw refusal
    refuseUnstored(intake, stored, now)
    countAccepted(world, intake, stored)
  }
  return { answer: toResults(first ?? places, stored), isRepeated: first !== undefined }
}

/**
 * By what is stored, not by the time: clocks of a group differ. One whose write was repeated, because its answer was
 * lost, is stored, though the org is over by now.
 */
function refuseUnstored({ events }: Intake, { marks, skipped }: StoredEvents, now: number): void {
  const isStored = events.length === 0 || events.some(({ id }) => skipped.has(id))
  if (!isStored) throw refuseOver(marks, now)
}

/** An answer that is given again counts nothing. */
function countAccepted(
  { isolate }: Pick<World, 'isolate'>,
  { events }: Intake,
  { deliveries }: StoredEvents,
): void {
  const made = events.flatMap(({ id }) => deliveries.get(id) ?? [])
  isolate.meters.count('events_accepted_total', {}, events.length)
  isolate.meters.count('deliveries_accepted_total', {}, made.length)
}

/** The same for one event, which there is an answer for: it is stored, or this throws. */
export async function acceptEvent(
  world: World,
  orgId: string,
  input: EventInput,
  accepting?: Accepting,
): Promise<Once<AcceptedEvent>> {
  const { answer, isRepeated } = await acceptBatch(world, orgId, [input], accepting)
  const [accepted] = answer
  if (!accepted || 'refused' in accepted) throw new Error('a checked event has no refusal')
  return { answer: accepted, isRepeated }
}

/** An operational event, and the key by which it is stored once. */
export type Announced = { key: string; event: Omit<NewEvent, 'id'> }

/**
 * Stores events, each under a key of its own: one that is stored already, or that nobody takes, makes nothing. Their
 * deliveries set out behind this.
 */
export async function acceptEach(world: World, orgId: string, told: Announced[]): Promise<void> {
  const now = world.now()
  const intakes = told.map(({ key, event }) => ({
    events: [{ ...event, id: newEventId(now) }],
    idempotency: { scope: orgId, key, requestHash: '' },
    token: newId(now),
    snapshot: '[]',
  }))
  for (const group of inGroups(intakes)) {
    const stored = await storeTogether(world, orgId, group, { isMetered: false })
    const created = group.flatMap((one, place) => {
      const all = stored[place]
      return all ? createdOf(one, all) : []
    })
    world.defer(attemptNow(world, created))
  }
}

/** As many in each as one transaction takes. */
function inGroups(intakes: Intake[]): Intake[][] {
  const groups: Intake[][] = []
  let room = 0
  for (const intake of intakes) {
    room -= weigh(intake)
    if (room < 0) {
      groups.push([])
      room = MAX_GROUP_BYTES - weigh(intake)
    }
    groups.at(-1)?.push(intake)
  }
  return groups
}

/** Each gets the same answer, in which it finds its own events. */
async function storeTogether(
  world: World,
  orgId: string,
  intakes: Intake[],
  metering: Pick<IntakeGroup, 'isMetered'>,
): Promise<StoredEvents[]> {
  const stored = await storeJudged(world, orgId, intakes, metering)
  learnQuotas(world.isolate, orgId, stored.marks)
  // Not those of an earlier request: its answer has ids that nobody here gave.
  const ids = intakes.flatMap(({ events }) => events.map(({ id }) => id))
  const leaving = new Set(intakes.flatMap((one) => createdOf(one, stored)).map(({ id }) => id))
  const deliveries = ids.flatMap((id) => stored.deliveries.get(id) ?? [])
  const queued = deliveries.flatMap(({ id, isUnwell, isWaiting }) =>
    leaving.has(id) || isWaiting ? [] : [{ ref: { orgId, id, version: 1 }, isUnwell }],
  )
  world.defer(queueUp(world, queued))
  return intakes.map(() => stored)
}

/**
 * Judges by the filters that are known, and again by those that there are, until these are the same: fan-out is by
 * what holds at that moment (D7). While none changes, the first time will do, but for an isolate's first.
 */
async function storeJudged(
  world: World,
  orgId: string,
  intakes: Intake[],
  { isMetered }: Pick<IntakeGroup, 'isMetered'>,
): Promise<StoredEvents> {
  const { apiVersion } = world.config
  const events = intakes.flatMap((intake) => intake.events)
  for (let left = MAX_JUDGED; left > 0; left -= 1) {
    const fit = judgeFit(world, orgId, events)
    const group = { orgId, intakes, apiVersion, now: world.now(), isMetered, fit }
    const stored = await storeEvents(world.store.of(orgId), group)
    if (learnFit(world.isolate, orgId, stored, fit)) return stored
  }
  throw new AppError('unavailable', { headers: { 'Retry-After': '2' } })
}

/** What was just created for a request, and may leave from it. */
function createdOf({ events }: Intake, { created }: StoredEvents): DeliveryToSend[] {
  return events.flatMap(({ id }) => created.get(id) ?? []).filter(mayLeaveNow)
}

/** @throws AppError `idempotency_key_reused`. */
function firstOf({ idempotency, token }: Intake, { earlier }: StoredEvents): Place[] | undefined {
  if (!idempotency) return undefined
  // acceptBatch wrote it for the same request.
  const read = (kept: unknown) => kept as Place[]
  return readFirst({ ...idempotency, token }, earlier.get(idempotency.key), read)
}

function toNewEvent(input: EventInput, now: number): NewEvent {
  return { ...input, id: newEventId(now), created: input.created ?? Math.floor(now / 1000) }
}

function toPlace(planned: NewEvent | Refused): Place {
  if ('refused' in planned) return planned
  const { id, type, callId, created } = planned
  return { id, type, callId, created }
}

function toResults(places: Place[], stored: StoredEvents): (AcceptedEvent | Refused)[] {
  return places.map((place) => {
    if ('refused' in place) return place
    const { id } = place
    return {
      ...place,
      deliveries: stored.deliveries.get(id) ?? [],
      skipped: stored.skipped.get(id) ?? [],
    }
  })
}

/** The texts of any length that are stored. */
function bytesOf({ events, snapshot }: Intake): number {
  const texts = events.map(({ call }) => call)
  return new TextEncoder().encode(texts.join('') + snapshot).length
}
