// Latency: from acceptance to the receiver seeing the webhook, at a rate that can be held.
import { atRate } from '../harness/load.ts'
import type { Receipt } from '../harness/receiver.ts'
import type { Cell, Finding } from '../harness/report.ts'
import { sendEvent, type Accepted } from '../harness/service.ts'
import type { OpenStage } from '../harness/stage.ts'
import { inRounds, percentile, spreadOf } from '../harness/stats.ts'

const ARRIVES_WITHIN_MS = 60_000
const STEADY_PER_SECOND = 50
const WARM_UP = 50

/** Measures at 50 events a second and at half of what was sustained, fan-out 1. */
export async function latency(
  open: OpenStage,
  isQuick: boolean,
  sustainedPerSecond: number,
): Promise<Finding> {
  const stage = await open()
  const seconds = isQuick ? 3 : 20
  const tenant = await stage.addTenant('latency', 1)
  const measure = async (perSecond: number, total: number) => {
    const accepted = await atRate(perSecond, total, () => sendEvent(stage.client, tenant))
    return { accepted, receipts: await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS) }
  }
  await measure(STEADY_PER_SECOND, WARM_UP)
  const rows: Cell[][] = []
  const steady: number[][] = []
  for (const rate of [STEADY_PER_SECOND, Math.round(sustainedPerSecond / 2)]) {
    const { accepted, receipts } = await measure(rate, rate * seconds)
    const { sinceAccepted, sinceSent } = latenciesOf(accepted, receipts)
    const { p50, p95, p99 } = spreadOf(sinceAccepted)
    rows.push([rate, p50, p95, p99, ...Object.values(spreadOf(sinceSent))])
    steady.push(sinceAccepted)
  }
  const [samples = []] = steady
  return {
    scenario: 'Latency',
    note:
      'Milliseconds from the 202 reaching the producer to the request reaching the receiver (0 when the ' +
      'webhook was first), and from the producer sending its request.',
    columns: ['events/s', 'p50', 'p95', 'p99', 'since sent: p50', 'p95', 'p99'],
    plot: {
      title: 'Ms from sending to receipt, by events a second',
      names: 1,
      values: { p50: 4, p95: 5, p99: 6 },
    },
    rows,
    targets: [
      {
        name: 'p50 from acceptance to receipt at 50 events/s, ms',
        limit: 20,
        value: percentile(samples, 50),
      },
    ],
    figures: [
      { name: 'p50 at 50 events/s, ms', rounds: inRounds(samples, 50) },
      { name: 'p95 at 50 events/s, ms', rounds: inRounds(samples, 95) },
    ],
  }
}

/** Ms from acceptance, and from sending, to receipt, for each delivery that was received. */
export function latenciesOf(accepted: Accepted[], receipts: Receipt[]) {
  const receivedAt = new Map(receipts.toReversed().map(({ id, at }) => [id, at]))
  const since = (instant: (one: Accepted) => number) =>
    accepted.flatMap((one) =>
      one.deliveries.flatMap((id) => {
        const at = receivedAt.get(id)
        return at === undefined ? [] : [Math.max(0, at - instant(one))]
      }),
    )
  return {
    sinceAccepted: since(({ acceptedAt }) => acceptedAt),
    sinceSent: since(({ sentAt }) => sentAt),
  }
}
