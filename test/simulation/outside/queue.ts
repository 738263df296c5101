// A queue: at least once, in any order, with delays, repetitions and an end for what keeps failing.
import type { StepRef } from '../../../src/db/words.ts'
import type { Restore } from './backend.ts'
import type { Clock } from './clock.ts'

/** A message in a queue and how often it came back. */
export type Message = { body: unknown; at: number; returns: number }

/** How often a message comes back before it is given up, as in wrangler.toml. */
const MAX_RETURNS = 10

/** What a failed invocation held comes back after so many ms, as in wrangler.toml. */
const RETURN_MS = 5000

/** Messages of one invocation at most; less than in wrangler.toml, for more of them to overlap. */
const BATCH_SIZE = 20

/** Invocations of its consumer at a time. */
const MAX_CONCURRENT = 4

/** What a consumer gets of a message. */
export type Held = {
  body: unknown
  ack: () => void
  retry: (options?: { delaySeconds?: number }) => void
}

/** How an invocation ended; of one that died, not even its acknowledgements were heard. */
export type End = 'returned' | 'threw' | 'died'

/** Hands a batch to a consumer, which says once how it ended. */
export type Consume = (messages: Held[], finish: (end: End) => void) => void

/** One queue with its consumer. */
export class SimulatedQueue {
  readonly #clock: Clock
  readonly #consume: Consume
  readonly #bury: Consume
  #messages: Message[] = []
  #running = 0

  constructor(clock: Clock, consume: Consume, bury: Consume) {
    this.#clock = clock
    this.#consume = consume
    this.#bury = bury
  }

  add(body: unknown, delayMs: number, returns = 0): void {
    this.#messages.push({ body, at: this.#clock.now + delayMs, returns })
    this.#clock.plan(delayMs, () => this.#dispatch())
  }

  /** Loses everything that it holds. */
  purge(): unknown[] {
    return this.#messages.splice(0).map(({ body }) => body)
  }

  save(): Restore {
    const [messages, running] = [[...this.#messages], this.#running]
    return () => {
      this.#messages = [...messages]
      this.#running = running
    }
  }

  #dispatch(): void {
    if (this.#running >= MAX_CONCURRENT) return
    const { now } = this.#clock
    const batch = batchOf(this.#messages.filter(({ at }) => at <= now))
    if (batch.length === 0) return
    this.#messages = this.#messages.filter((one) => !batch.includes(one))
    this.#running += 1
    const held = batch.map((message) => new HeldMessage(message))
    this.#consume(held, (end) => {
      this.#running -= 1
      for (const one of held)
        this.#settle(one.message, end === 'died' ? undefined : one.verdict, end)
      this.#dispatch()
    })
  }

  // Of an invocation that returns, what was not mentioned is acknowledged; else it comes back.
  #settle(message: Message, verdict: HeldMessage['verdict'], end: End): void {
    if (verdict === 'ack' || (verdict === undefined && end === 'returned')) return
    const delayMs = typeof verdict === 'number' ? verdict * 1000 : RETURN_MS
    if (message.returns < MAX_RETURNS) return this.add(message.body, delayMs, message.returns + 1)
    this.#bury([new HeldMessage(message)], () => {})
  }
}

/** The step of a replay comes alone: whatever came with it would have nothing to do with it. */
function batchOf(due: Message[]): Message[] {
  const [first, ...others] = due
  if (!first || isStep(first.body)) return due.slice(0, 1)
  return [first, ...others.filter(({ body }) => !isStep(body))].slice(0, BATCH_SIZE)
}

/** Whether a message tells a replay to make a step. */
export function isStep(body: unknown): body is StepRef {
  return typeof body === 'object' && body !== null && 'step' in body
}

/** Whether a message is of a copy. */
export function isCopy<Body>(body: Body): body is Body & { copiedBy: string } {
  return typeof body === 'object' && body !== null && 'copiedBy' in body
}

/** The first call of `ack` or `retry` wins. */
class HeldMessage implements Held {
  readonly message: Message
  verdict: 'ack' | number | undefined

  constructor(message: Message) {
    this.message = message
  }

  get body(): unknown {
    return this.message.body
  }

  ack(): void {
    this.verdict ??= 'ack'
  }

  retry({ delaySeconds = RETURN_MS / 1000 }: { delaySeconds?: number } = {}): void {
    this.verdict ??= delaySeconds
  }
}
