// Says what became of a soak: the promises, each kept or not, and the figures.
import type { Receipt } from '../bench/harness/receiver.ts'
import { spreadOf } from '../bench/harness/stats.ts'
import type { Produced } from './producer.ts'

/** All that was accepted, all that was received, and how the end looked to the API. */
export type Soaked = {
  produced: Produced[]
  received: Receipt[]
  /** Deliveries accepted before the kill and not received by then. */
  lost: number
  /** Deliveries still pending at the end. */
  pending: number
}

/** Prints a line for each promise, the figures and the count; true when all were kept. */
export function report(soaked: Soaked): boolean {
  const { produced, received, lost, pending } = soaked
  const firstAt = new Map(received.toReversed().map(({ id, at }) => [id, at]))
  const hashes = Map.groupBy(received, ({ id }) => id)
  const delivered = produced.filter(({ deliveryId }) => firstAt.has(deliveryId)).length
  const unequal = [...hashes.values()].filter((all) => new Set(all.map((one) => one.hash)).size > 1)
  const known = new Set(produced.map(({ deliveryId }) => deliveryId))
  const unknown = [...hashes.keys()].filter((id) => !known.has(id)).length

  const share = ((100 * delivered) / produced.length).toFixed(delivered === produced.length ? 0 : 3)
  const checks: [sentence: string, isKept: boolean, figure: string][] = [
    ['the kill found deliveries in the queue', lost > 0, `${lost}`],
    ['every accepted event was delivered (D2, D5)', delivered === produced.length, `${share} %`],
    ['none came with two different bodies (P2)', unequal.length === 0, `${unequal.length} did`],
    [
      'a repeated request made no second event (I1)',
      known.size === produced.length,
      `${known.size} of ${produced.length}`,
    ],
    ['nothing came that was never accepted (D6)', unknown === 0, `${unknown} did`],
    ['nothing is left pending (D2)', pending === 0, `${pending} are`],
  ]
  for (const [sentence, isKept, figure] of checks) {
    console.log(`${isKept ? 'ok  ' : 'FAIL'}  ${sentence}: ${figure}`)
  }
  printFigures(produced, firstAt, hashes)
  const passed = checks.filter(([, isKept]) => isKept).length
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  return passed === checks.length
}

function printFigures(
  produced: Produced[],
  firstAt: Map<string, number>,
  byId: Map<string, Receipt[]>,
): void {
  const repeated = produced.filter(({ tries }) => tries > 1).length
  const twice = [...byId.values()].filter(({ length }) => length > 1).length
  const latencies = produced.map(({ deliveryId, acceptedAt }) =>
    Math.max(0, (firstAt.get(deliveryId) ?? Number.NaN) - acceptedAt),
  )
  const { p50, p95, p99 } = spreadOf(latencies)
  console.log(`      ${produced.length} events accepted, ${repeated} of them after a repetition`)
  console.log(`      ${twice} deliveries came more than once`)
  console.log(
    `      acceptance to receipt: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  )
}
