// R6: what an org sends at once beyond its share waits in a lane of its own.
import { LANES } from '../../../src/world.ts'
import { SHARE_FULL_AFTER_MS } from '../model/rules.ts'
import type { Actor, Sent, Share } from '../world/history.ts'
import { isFaultless, type Evidence } from './evidence.ts'
import { isLetGo } from './lines.ts'

/**
 * An org has so many messages of an isolate's fresh lane, and of its retry lane, and that fills again with time. Of what
 * a process sends for the first time as much goes down these as it had of the shares, the rest down the bulk lane; what
 * had no turn there goes back to where it came from.
 */
export function R6(evidence: Evidence): string[] {
  const { shares, sents } = evidence.run.history
  const wrong = [
    ...Map.groupBy(shares, ({ isolate, lane }) => `${isolate} ${lane}`).values(),
  ].flatMap((own) => misjudged(own, evidence.run.schedule.share))
  const [again = [], first = []] = [true, false].map((isAgain) =>
    sents.filter(({ actor, lane }) => lane !== 'retry' && hasMessages(actor) === isAgain),
  )
  const astray = again.filter(
    (sent) => sent.actor.lane !== sent.lane && refsOf(evidence, sent, false).length > 0,
  )
  const senders = new Set([...shares, ...first].map(({ actor }) => actor))
  const greedy = [...senders].filter((actor) => !isInShare(evidence, actor))
  return [
    ...wrong.map(({ actor, isTaken }) => `${actor.name} ${isTaken ? 'had' : 'lacked'} a share`),
    ...astray.map(({ actor, lane }) => `${actor.name} sent on down the ${lane} lane`),
    ...greedy.map(({ name }) => `${name} did not send down a lane what it had a share for`),
  ]
}

/** Whether what a process holds came down a lane; a request has what it attempts by having it stored. */
function hasMessages({ lane, beganAt }: Actor): boolean {
  return lane !== undefined && beganAt === undefined
}

/** Those of one isolate that were granted though nothing was left, or refused though something was. */
function misjudged(shares: Share[], size: number): Share[] {
  let left = size
  let since = shares[0]?.at ?? 0
  return shares.filter(({ at, isTaken }) => {
    left = Math.min(size, left + ((at - since) / SHARE_FULL_AFTER_MS) * size)
    since = at
    // Of sums of fractions the last digits are left open.
    const isWrong = isTaken ? left < 1 - 1e-6 : left >= 1 + 1e-6
    if (isTaken) left -= 1
    return isWrong
  })
}

/** Of what was sent that which its sender let go, because what it waited for was over; or the rest. */
function refsOf(evidence: Evidence, { actor, refs }: Sent, isLetGoByIt: boolean): Sent['refs'] {
  return refs.filter(({ id, version }) => {
    const states = evidence.statesOf('deliveries', id)
    const step = states.find(({ row }) => row['version'] === version)
    return isLetGoByIt === (step?.actor === actor && isLetGo(evidence, step))
  })
}

/** A fault may have kept back what it had to send. */
function isInShare(evidence: Evidence, actor: Actor): boolean {
  const { shares, sents } = evidence.run.history
  const asked = shares.filter((one) => one.actor === actor)
  const own = sents.filter((one) => one.actor === actor)
  // What was redelivered, or swept up, takes the retry lane without one.
  const shared = asked.some(({ lane }) => lane === 'retry') ? LANES : ['fresh', 'bulk']
  return shared.every((lane) => {
    const most = asked.filter((one) => (one.isTaken ? one.lane : 'bulk') === lane).length
    const first = own.filter((one) => one.lane === lane)
    const sent = first.flatMap((one) =>
      hasMessages(actor) ? refsOf(evidence, one, true) : one.refs,
    ).length
    return isFaultless(evidence, actor) ? sent === most : sent <= most
  })
}
