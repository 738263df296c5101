// The queue consumer: a batch of messages becomes attempts, and one write of what came of them.
import { loadForAttempt, type DeliveryToSend } from '../db/lifecycle/consume.ts'
import type { AttemptRecord } from '../db/lifecycle/record.ts'
import type { DeliveryRef, EndpointRef } from '../db/words.ts'
import { explainFault } from '../errors.ts'
import type { World, Lane } from '../world.ts'
import {
  attemptBatch,
  CONCURRENT_SENDS,
  destinationOf,
  type BatchResult,
  type Sendable,
  type Settled,
} from './attempt/pool.ts'
import { enqueue, parseMessage } from './queue.ts'
import { recordOutcomes } from './record.ts'

/** The part of a queue message that is used. */
export type ReceivedMessage = Pick<Message, 'body' | 'ack' | 'retry'>

/** An attempt may start so many ms before its time: clocks differ, and queues count in seconds. */
const EARLY_TOLERANCE_MS = 1000

/** After a fault of ours a message comes back in so many seconds. */
const FAULT_DELAY_S = 5

/** Longest delay that Cloudflare Queues accepts, in seconds: a day. */
const MAX_DELAY_S = 86_400

/** A slow destination's deliveries come back so many a second: what one batch has in flight at once. */
const SLOW_PER_SECOND = CONCURRENT_SENDS

type Job = { ref: DeliveryRef; messages: ReceivedMessage[] }

type Triage = {
  toSend: Sendable<Job>[]
  unwell: Sendable<Job>[]
  held: Job[]
  done: Job[]
}

/**
 * Works through a batch: one read, the attempts, one write. Messages are acknowledged when their attempt
 * is recorded, no longer wanted or handed on; they come back after a fault of ours (A4). Attempts that
 * a slow destination keeps waiting go on after the batch, and are written when they end. Never throws
 * for what a receiver does.
 */
export async function consume(
  world: World,
  messages: readonly ReceivedMessage[],
  lane: Lane,
): Promise<void> {
  const begunAt = world.now()
  const jobs = groupByDelivery(world, messages)
  if (jobs.length === 0) return
  const loaded = await load(world, jobs)
  if (!loaded) return retryAll(jobs, FAULT_DELAY_S)
  const { toSend, unwell, held, done } = triage(world, jobs, loaded, lane)
  const result = await attemptBatch(world, toSend, begunAt)
  const { settled, inFlight, postponed } = result
  const lost = new Set(
    await recordOutcomes(world, {
      attempts: recordsOf(settled),
      held: held.map(({ ref }) => ref),
      slow: slowEndpoints(result),
    }),
  )
  await handOn(world, lane, unwell, result)
  if (inFlight.length > 0) world.defer(recordLater(world, inFlight))
  const isFaulted = ({ record }: Settled<Job>) => !record || lost.has(record.attemptId)
  retryAll(jobsOf(settled.filter(isFaulted)), FAULT_DELAY_S)
  const recorded = settled.filter((one) => !isFaulted(one))
  ackAll([...done, ...held, ...jobsOf([...recorded, ...unwell, ...postponed, ...inFlight])])
}

function jobsOf(some: { job: Job }[]): Job[] {
  return some.map(({ job }) => job)
}

function recordsOf(settled: Settled<Job>[]): AttemptRecord[] {
  return settled.flatMap(({ record }) => record ?? [])
}

/** A message that came twice in one batch makes one attempt. */
function groupByDelivery(world: World, messages: readonly ReceivedMessage[]): Job[] {
  const jobs = new Map<string, Job>()
  for (const message of messages) {
    const ref = parseMessage(message.body)
    if (!ref) {
      world.log({ event: 'message_malformed' })
      message.ack()
      continue
    }
    const name = `${ref.id} ${ref.version}`
    const job = jobs.get(name) ?? { ref, messages: [] }
    job.messages.push(message)
    jobs.set(name, job)
  }
  return [...jobs.values()]
}

async function load(world: World, jobs: Job[]): Promise<Map<string, DeliveryToSend> | undefined> {
  try {
    const rows = await loadForAttempt(
      world.store.shared,
      jobs.map(({ ref }) => ref),
      world.now(),
    )
    return new Map(rows.map((row) => [`${row.id} ${row.version}`, row]))
  } catch (error) {
    world.log({ event: 'load_failed', count: jobs.length, error: explainFault(error) })
    return undefined
  }
}

/** What is missing was overtaken by a newer version, or is finished: its message has done its work. */
function triage(world: World, jobs: Job[], loaded: Map<string, DeliveryToSend>, lane: Lane) {
  const sorted: Triage = { toSend: [], unwell: [], held: [], done: [] }
  for (const job of jobs) {
    const delivery = loaded.get(`${job.ref.id} ${job.ref.version}`)
    if (!delivery || isEndpointDeleted(delivery)) {
      sorted.done.push(job)
    } else if (delivery.endpointStatus === 'disabled') {
      sorted.held.push(job)
    } else if (earlyByMs(world, delivery) > EARLY_TOLERANCE_MS) {
      retryAll([job], Math.min(Math.ceil(earlyByMs(world, delivery) / 1000), MAX_DELAY_S))
    } else if (lane === 'fresh' && delivery.unwellSince !== null) {
      sorted.unwell.push({ job, delivery })
    } else {
      sorted.toSend.push({ job, delivery })
    }
  }
  return sorted
}

/** Its delivery needs no message: the sweep ends what the deletion itself did not. */
function isEndpointDeleted({ endpointId, endpointStatus }: DeliveryToSend): boolean {
  return endpointId !== null && endpointStatus === null
}

/** Only a retry can be early; the first attempt is due whatever this machine's clock says. */
function earlyByMs({ now }: World, { attemptsMade, isManual, nextAttemptAt }: DeliveryToSend) {
  return attemptsMade === 0 || isManual ? 0 : nextAttemptAt - now()
}

function slowEndpoints({ inFlight }: BatchResult<Job>): EndpointRef[] {
  return inFlight.flatMap(({ delivery: { orgId, endpointId } }) =>
    endpointId === null ? [] : { orgId, endpointId },
  )
}

/**
 * Hands on what was not attempted: unwell endpoints' deliveries to the retry lane, a slow one's there
 * too, or spread over the next seconds; what only lost its turn goes to the end of its own lane.
 */
async function handOn(
  world: World,
  lane: Lane,
  unwell: Sendable<Job>[],
  { postponed, inFlight }: BatchResult<Job>,
): Promise<void> {
  const slow = new Set(inFlight.map(destinationOf))
  const toRef = ({ job }: Sendable<Job>) => job.ref
  const late = postponed.filter((one) => slow.has(destinationOf(one)))
  const early = postponed.filter((one) => !slow.has(destinationOf(one)))
  const lateDelayS = (place: number) =>
    lane === 'retry' ? 1 + Math.floor(place / SLOW_PER_SECOND) : 0
  await enqueue(world, 'retry', unwell.map(toRef))
  await enqueue(world, 'retry', late.map(toRef), lateDelayS)
  await enqueue(world, lane, early.map(toRef))
}

/** Their messages are gone: if this is cut short, their leases lapse and the sweep sends them again. */
async function recordLater(world: World, inFlight: BatchResult<Job>['inFlight']): Promise<void> {
  const settled = await Promise.all(inFlight.map(({ outcome }) => outcome))
  await recordOutcomes(world, { attempts: recordsOf(settled), held: [], slow: [] })
}

function ackAll(jobs: Job[]): void {
  for (const { messages } of jobs) for (const message of messages) message.ack()
}

function retryAll(jobs: Job[], delaySeconds: number): void {
  for (const { messages } of jobs) {
    for (const message of messages) message.retry({ delaySeconds })
  }
}
