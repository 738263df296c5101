// Says what became of a soak: the promises, each kept or not, and the figures.
import type { Receipt } from '../bench/harness/receiver.ts'
import { spreadOf } from '../bench/harness/stats.ts'
import { countInOrder } from './ordered.ts'
import type { Produced } from './producer.ts'

/** All that was accepted, all that was received, and how the end looked to the API. */
export type Soaked = {
  produced: Produced[]
  received: Receipt[]
  /** Deliveries accepted before the kill and not received by then; undefined: nothing was killed. */
  lost: number | undefined
  /** Deliveries still pending at the end. */
  pending: number
  /** Whether the endpoint has the events of a call in order. */
  isOrdered: boolean
}

/** What was refused is sent again: it has not been received. */
export function isAccepted({ status }: Receipt): boolean {
  return status === 200
}

/** A promise, whether it was kept, and the figure that shows it. */
type Check = [sentence: string, isKept: boolean, figure: string]

/** Prints a line for each promise, the figures and the count; true when all were kept. */
export function report(soaked: Soaked): boolean {
  const checks = checksOf(soaked)
  for (const [sentence, isKept, figure] of checks) {
    console.log(`${isKept ? 'ok  ' : 'FAIL'}  ${sentence}: ${figure}`)
  }
  printFigures(soaked)
  const passed = checks.filter(([, isKept]) => isKept).length
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  return passed === checks.length
}

function checksOf({ produced, received, lost, pending, isOrdered }: Soaked): Check[] {
  const ids = new Set(received.filter(isAccepted).map(({ id }) => id))
  const known = new Set(produced.map(({ deliveryId }) => deliveryId))
  const delivered = [...known].filter((id) => ids.has(id)).length
  const unknown = received.filter(({ id }) => !known.has(id)).length
  const byId = [...Map.groupBy(received, ({ id }) => id).values()]
  const unequal = byId.filter((all) => new Set(all.map(({ hash }) => hash)).size > 1).length
  const { pairs, inOrder } = countInOrder(produced, received)
  const share = ((100 * delivered) / produced.length).toFixed(delivered === produced.length ? 0 : 3)
  const killed: Check = ['the kill found deliveries in the queue', (lost ?? 0) > 0, `${lost}`]
  const ordered: Check = [
    'each event of a call came after the success of the one before it (O1)',
    inOrder === pairs,
    `${inOrder} of ${pairs}`,
  ]
  return [
    ...(lost === undefined ? [] : [killed]),
    ...(isOrdered ? [ordered] : []),
    ['every accepted event was delivered (D2, D5)', delivered === produced.length, `${share} %`],
    ['none came with two different bodies (P2)', unequal === 0, `${unequal} did`],
    [
      'a repeated request made no second event (I1)',
      known.size === produced.length,
      `${known.size} of ${produced.length}`,
    ],
    ['nothing came that was never accepted (D6)', unknown === 0, `${unknown} did`],
    ['nothing is left pending (D2)', pending === 0, `${pending} are`],
  ]
}

function printFigures({ produced, received }: Soaked): void {
  const accepted = received.filter(isAccepted)
  const firstAt = new Map(accepted.toReversed().map(({ id, at }) => [id, at]))
  const repeated = produced.filter(({ tries }) => tries > 1).length
  const twice = accepted.length - firstAt.size
  const latencies = produced.map(({ deliveryId, acceptedAt }) =>
    Math.max(0, (firstAt.get(deliveryId) ?? Number.NaN) - acceptedAt),
  )
  const { p50, p95, p99 } = spreadOf(latencies)
  console.log(`      ${produced.length} events accepted, ${repeated} of them after a repetition`)
  console.log(`      ${received.length - accepted.length} requests refused by the receiver`)
  console.log(`      ${twice} requests more than one that was accepted for a delivery`)
  console.log(
    `      acceptance to receipt: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  )
}
