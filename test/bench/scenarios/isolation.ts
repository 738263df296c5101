// Isolation: what a crowd of hanging deliveries does to events of others.
import { asFastAsPossible, atRate } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { sendBatch, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { inRounds, spreadOf } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'

const ARRIVES_WITHIN_MS = 120_000

/** Longer than an attempt may take. */
const HANGS_MS = 10_500
const BATCH = 100
const PER_SECOND = 25
const WARM_UP_S = 2

/** Deliveries that hang, all accepted at once, and seconds of the others' events, without and beside them. */
const MEASURED = { full: { hanging: 1500, seconds: 20 }, quick: { hanging: 300, seconds: 4 } }

/** Others' events alone, and then from the moment on at which the hanging ones were accepted. */
export async function isolation(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const { hanging: count, seconds } = MEASURED[isQuick ? 'quick' : 'full']
  const stage = await open()
  const hanging = await stage.addTenant('hanging', 1)
  const other = await stage.addTenant('other', 1)
  await measure(stage, other, WARM_UP_S)
  const alone = await measure(stage, other, seconds)
  const path = hanging.endpoints[0]?.path ?? ''
  await stage.receiver.setRules({ [path]: { status: 200, delayMs: HANGS_MS } })
  await asFastAsPossible(1, count / BATCH, () => sendBatch(stage.client, hanging, BATCH))
  const beside = await measure(stage, other, seconds)
  const [without, withThem] = [spreadOf(alone), spreadOf(beside)]
  return {
    scenario: 'Isolation',
    note:
      `${count} deliveries to one endpoint that hangs for 10 s on each, accepted at once; from then on ` +
      `${PER_SECOND} events a second of another org: ms from sending to receipt, without them and beside them.`,
    columns: ['the others', 'deliveries', 'p50', 'p95', 'p99'],
    plot: {
      title: 'Ms from sending to receipt at the others',
      names: 1,
      values: { p50: 2, p95: 3, p99: 4 },
    },
    rows: [
      ['without them', alone.length, ...Object.values(without)],
      ['beside them', beside.length, ...Object.values(withThem)],
    ],
    figures: [{ name: 'others’ p50 beside them, ms', rounds: inRounds(beside, 50) }],
    targets: [
      {
        name: `others’ p50 beside ${count} hanging deliveries, ms`,
        limit: 30,
        value: withThem.p50,
      },
      {
        name: `others’ p99 beside ${count} hanging deliveries, ms`,
        limit: 1500,
        value: withThem.p99,
      },
    ],
  }
}

async function measure(stage: Stage, tenant: Tenant, seconds: number): Promise<number[]> {
  const total = PER_SECOND * seconds
  const accepted = await atRate(PER_SECOND, total, () => sendEvent(stage.client, tenant))
  const path = tenant.endpoints[0]?.path
  const receipts = await stage.receiver.takeUntil(
    total,
    ARRIVES_WITHIN_MS,
    (one) => one.path === path,
  )
  return latenciesOf(accepted, receipts).sinceSent
}
