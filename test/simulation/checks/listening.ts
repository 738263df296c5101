// H1: what is listened to is handed to whoever listens, and nobody else.
import { LISTEN_URL, MOST_OFFERS, OFFER_MS } from '../model/rules.ts'
import type { Row } from '../world/history.ts'
import { idIn, isListening, nameOf, type Evidence, type Moment, type Step } from './evidence.ts'
import { isPaused } from './stopping.ts'

/**
 * Nothing is sent for what is listened to: its requests are made by whoever listens. A stream takes what is parked for
 * its endpoint, and due, while that is enabled and not stopped and no other listens since; it takes it for half a minute, changes
 * nothing else, and takes ten at most. It begins with what another was handed before and has not answered. Nobody
 * else takes any of it.
 */
export function H1(evidence: Evidence): string[] {
  const fetched = evidence.run.history.posts.filter(
    ({ url, actor }) => url === LISTEN_URL && nameOf(actor) !== 'answer',
  )
  const wrong: string[] = []
  for (const moment of evidence.moments()) wrong.push(...takenIn(evidence, moment))
  return [...fetched.map((post) => `${post.actor.name} sent ${idIn(post)}`), ...wrong]
}

function takenIn(evidence: Evidence, moment: Moment): string[] {
  const { actor, changes, now, before } = moment
  const steps = changes.filter((step) => step.kind === 'deliveries' && isTaking(step))
  if (!isListening(actor)) return steps.map(({ id }) => `${actor.name} took ${id}`)
  const others = changes.filter(
    (step) => step.kind === 'deliveries' && !isTaking(step) && !isReturning(step),
  )
  const isHeld = isPaused(evidence, moment.tx)
  const amiss = steps.filter((step) => isHeld || !isRightlyTaken(step, now, before.endpoints))
  const [first] = steps
  const endpoint = first && before.endpoints.get(String(first.row['endpoint_id']))
  const own = evidence.changesOf('endpoints').find((step) => step.actor === actor)
  const isReplaced = endpoint !== undefined && endpoint['listener'] !== own?.row['listener']
  return [
    ...others.map(({ id }) => `${actor.name} changed ${id}`),
    ...amiss.map(({ id }) => `${actor.name} should not have taken ${id} so`),
    ...(isReplaced ? [`${actor.name} was replaced`] : []),
    ...(steps.length > MOST_OFFERS ? [`${actor.name} took ${steps.length}`] : []),
  ]
}

/** What was leased, and is parked at the same version. */
function isReturning({ before, row }: Step): boolean {
  const rest = { ...before, sweep_at: null }
  const isSame = Object.entries(rest).every(
    ([name, value]) => name === 'situation' || row[name] === value,
  )
  return isSame && Number(before?.['sweep_at']) > Number(row['next_attempt_at'])
}

/** What was parked for a listener, and is leased at the same version. */
function isTaking({ before, row }: Step): boolean {
  const wasParked = before?.['stage'] === 'pending' && before['sweep_at'] === null
  const isSame = row['version'] === before?.['version'] && row['status'] === 'pending'
  return row['url'] === LISTEN_URL && wasParked && isSame && row['sweep_at'] !== null
}

function isRightlyTaken({ before, row }: Step, now: number, endpoints: Map<string, Row>): boolean {
  const isEnabled = endpoints.get(String(row['endpoint_id']))?.['status'] === 'enabled'
  const isDue = Number(row['next_attempt_at']) <= now
  const rest = { ...before, sweep_at: now + OFFER_MS }
  const isLeased = Object.entries(rest).every(
    ([name, value]) => name === 'situation' || row[name] === value,
  )
  return isEnabled && isDue && isLeased
}
