// The state of a delivery in a sentence, and what there is to do about it.
import { DISCARDED, ENDPOINT_DELETED, PAYLOAD_DELETED } from '../db/lifecycle/ended.ts'
import type { Delivery, ParkedAs } from '../db/words.ts'
import type { NumberedEntry } from './attempt/log.ts'

/** What is to be done, or comes by itself. */
export type NextStep =
  | 'due'
  | 'turn'
  | 'behind'
  | 'operator'
  | 'enable'
  | 'enable_and_redeliver'
  | 'redeliver'
  | 'new_event'
  | 'nothing'

/** What is said of a delivery. */
export type Sentence = { kind: 'bad' | 'wait'; text: string; next: NextStep }

/** What of a delivery tells that, and of its newest attempts. */
export type Explained = {
  delivery: Pick<Delivery, 'status' | 'isManual' | 'attemptCount' | 'lastError'> & {
    parkedAs: ParkedAs | null
    waitingFor: string | null
  }
  /** Its status is null when it was deleted. */
  endpoint: { status: 'enabled' | 'disabled' | null } | undefined
  log: Pick<NumberedEntry, 'trigger' | 'error'>[]
  maxAttempts: number
  /** The operator has stopped what goes where it goes. */
  isStopped?: boolean
  /** The client certificate that goes along, where that is not bound. */
  unbound?: string | undefined
  /** Its payload was deleted. */
  isForgotten?: boolean
}

/** What is said where anything is. What has arrived explains itself. */
export function explainDelivery(about: Explained): Sentence | undefined {
  const { status } = about.delivery
  if (status === 'delivered') return undefined
  return status === 'exhausted' ? explainEnd(about) : explainWait(about)
}

function explainEnd(about: Explained): Sentence {
  const { endpoint, isForgotten } = about
  const text = describeEnd(about)
  if (isForgotten) return { kind: 'bad', text, next: 'new_event' }
  if (endpoint?.status === null) return { kind: 'bad', text, next: 'nothing' }
  const isDisabled = endpoint?.status === 'disabled'
  return { kind: 'bad', text, next: isDisabled ? 'enable_and_redeliver' : 'redeliver' }
}

function describeEnd({ delivery: { attemptCount, lastError }, log, maxAttempts }: Explained) {
  if (lastError === DISCARDED) return 'It was discarded: somebody ended it without another attempt.'
  if (lastError === ENDPOINT_DELETED) return 'Its endpoint was deleted before it had arrived.'
  if (lastError === PAYLOAD_DELETED) return 'Its payload was deleted before it had arrived.'
  const last = log.at(-1)
  const isThis = last?.error?.message === lastError
  const count = `All ${attemptCount} automatic attempts`
  if (isThis && last?.trigger === 'manual' && attemptCount >= maxAttempts) {
    return `${count} failed, and so did the last one by hand, with “${lastError ?? ''}”.`
  }
  if (isThis && attemptCount >= maxAttempts) {
    return `${count} failed, the last with “${lastError ?? ''}”.`
  }
  return `It ended with “${lastError ?? ''}”.`
}

function explainWait(about: Explained): Sentence | undefined {
  const { delivery, endpoint, log, isStopped, unbound } = about
  const failed = log.at(-1)?.error?.message
  const said = failed === undefined ? '' : `The last attempt failed: ${failed}.`
  if (endpoint?.status === 'disabled') {
    return {
      kind: 'wait',
      text: join(said, 'The endpoint is disabled, so this waits.'),
      next: 'enable',
    }
  }
  if (isStopped || delivery.parkedAs === 'stopped') {
    const text = join(said, 'The operator has stopped what is sent there, so this waits.')
    return { kind: 'wait', text, next: 'operator' }
  }
  if (unbound !== undefined) {
    const why = `The client certificate ${unbound} that goes along is not at hand, and nothing is sent without it, so this waits.`
    return { kind: 'wait', text: join(said, why), next: 'operator' }
  }
  if (delivery.parkedAs === null && delivery.waitingFor !== null) {
    const text = 'Its endpoint gets the events of a call in order, so this waits.'
    return { kind: 'wait', text, next: 'behind' }
  }
  const next = delivery.parkedAs === null ? 'due' : 'turn'
  if (delivery.isManual) {
    const before = failed === undefined ? '' : `The attempt before failed: ${failed}.`
    return { kind: 'wait', text: join('It was asked for again.', before), next }
  }
  return said === '' ? undefined : { kind: 'wait', text: said, next }
}

function join(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' ')
}
