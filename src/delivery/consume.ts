// The queue consumer: a batch of messages becomes attempts, and one write of what came of them.
import pMap from 'p-map'
import {
  loadForAttempt,
  recordIfCurrent,
  type AttemptRecord,
  type DeliveryRef,
  type DeliveryToSend,
} from '../db/attempts.ts'
import { attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import { parseMessage } from './queue.ts'

/** The part of a queue message that is used. */
export type ReceivedMessage = Pick<Message, 'body' | 'ack' | 'retry'>

/**
 * Sends at a time. Cloudflare holds back the 7th connection of an invocation that waits for headers;
 * we hold it back ourselves, so that the clock of an attempt does not start while it waits.
 */
const CONCURRENT_SENDS = 6

/**
 * No attempt starts later than so many ms into a batch; what is left goes back to the queue. With the
 * longest attempt after it an invocation ends within the 30 s that an update of the runtime leaves it.
 */
const BATCH_WINDOW_MS = 15_000

/** An attempt may start so many ms before its time: clocks differ, and queues count in seconds. */
const EARLY_TOLERANCE_MS = 1000

/** After a fault of ours a message comes back in so many seconds. */
const FAULT_DELAY_S = 5

/** Longest delay that Cloudflare Queues accepts, in seconds: a day. */
const MAX_DELAY_S = 86_400

type Job = { ref: DeliveryRef; messages: ReceivedMessage[] }

/**
 * Works through a batch: one read, the attempts, one write. Messages are acknowledged when their
 * attempt is recorded or no longer wanted, and come back after a fault of ours (A4). Never throws for
 * what a receiver does.
 */
export async function consume(engine: Engine, messages: readonly ReceivedMessage[]): Promise<void> {
  const jobs = groupByDelivery(engine, messages)
  if (jobs.length === 0) return
  const loaded = await load(engine, jobs)
  if (!loaded) return retryAll(jobs, FAULT_DELAY_S)
  const { toSend, held, done } = triage(engine, jobs, loaded)
  const attempted = await attemptAll(engine, toSend)
  const made = attempted.flatMap((one) => one.record ?? [])
  const isRecorded = await record(engine, made, held)
  for (const one of attempted) {
    if (one.record && isRecorded) done.push(one.job)
    else retryAll([one.job], FAULT_DELAY_S)
  }
  for (const job of done) for (const message of job.messages) message.ack()
}

/** A message that came twice in one batch makes one attempt. */
function groupByDelivery(engine: Engine, messages: readonly ReceivedMessage[]): Job[] {
  const jobs = new Map<string, Job>()
  for (const message of messages) {
    const ref = parseMessage(message.body)
    if (!ref) {
      engine.log({ event: 'message_malformed' })
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

async function load(engine: Engine, jobs: Job[]): Promise<Map<string, DeliveryToSend> | undefined> {
  try {
    const rows = await loadForAttempt(
      engine.db,
      jobs.map(({ ref }) => ref),
      engine.now(),
    )
    return new Map(rows.map((row) => [`${row.id} ${row.version}`, row]))
  } catch (error) {
    engine.log({ event: 'load_failed', count: jobs.length, error: String(error) })
    return undefined
  }
}

type Sendable = { job: Job; delivery: DeliveryToSend }

/** What is missing was overtaken by a newer version, or is finished: its message has done its work. */
function triage(engine: Engine, jobs: Job[], loaded: Map<string, DeliveryToSend>) {
  const toSend: Sendable[] = []
  const held: DeliveryRef[] = []
  const done: Job[] = []
  for (const job of jobs) {
    const delivery = loaded.get(`${job.ref.id} ${job.ref.version}`)
    if (!delivery || delivery.endpointDeletedAt !== null) {
      done.push(job)
    } else if (delivery.endpointStatus === 'disabled') {
      held.push(job.ref)
      done.push(job)
    } else if (earlyByMs(engine, delivery) > EARLY_TOLERANCE_MS) {
      retryAll([job], Math.min(Math.ceil(earlyByMs(engine, delivery) / 1000), MAX_DELAY_S))
    } else {
      toSend.push({ job, delivery })
    }
  }
  return { toSend, held, done }
}

/** Only a retry can be early; the first attempt is due whatever this machine's clock says. */
function earlyByMs({ now }: Engine, { attemptCount, isManual, nextAttemptAt }: DeliveryToSend) {
  return attemptCount === 0 || isManual ? 0 : nextAttemptAt - now()
}

async function attemptAll(
  engine: Engine,
  toSend: Sendable[],
): Promise<{ job: Job; record: AttemptRecord | undefined }[]> {
  const closesAt = engine.now() + BATCH_WINDOW_MS
  return pMap(
    toSend,
    async ({ job, delivery }) => {
      if (engine.now() >= closesAt) return { job, record: undefined }
      try {
        return { job, record: await attempt(engine, delivery) }
      } catch (error) {
        engine.log({ event: 'attempt_faulted', delivery_id: delivery.id, error: String(error) })
        return { job, record: undefined }
      }
    },
    { concurrency: CONCURRENT_SENDS },
  )
}

async function record(
  engine: Engine,
  attempts: AttemptRecord[],
  held: DeliveryRef[],
): Promise<boolean> {
  if (attempts.length === 0 && held.length === 0) return true
  const { disableAfterExhausted } = engine.config
  try {
    await recordIfCurrent(engine.db, { attempts, held, now: engine.now(), disableAfterExhausted })
    return true
  } catch (error) {
    engine.log({ event: 'record_failed', count: attempts.length, error: String(error) })
    return false
  }
}

function retryAll(jobs: Job[], delaySeconds: number): void {
  for (const { messages } of jobs) {
    for (const message of messages) message.retry({ delaySeconds })
  }
}
