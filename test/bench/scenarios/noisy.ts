// Noisy: what an org that sends very much at once does to events of another.
import { atRate, startStream } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { now, sendBatch, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { inRounds, spreadOf } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'
import { probing } from './probe.ts'

const ARRIVES_WITHIN_MS = 120_000

/** Each event has so many deliveries. */
const ENDPOINTS = 10
const BATCH = 20
const PER_SECOND = 25
const WARM_UP_S = 2

/** Seconds of the other's events, without and beside the noise. */
const MEASURED = { full: 30, quick: 8 }

/** What an org has of the fresh lane at once, and what it gets again in a second. */
const SHARE = { atOnce: 1000, perSecond: 100 }

/** Batches a second: four times what its share gets again, and less than the one thread here can take. */
const BATCHES_A_SECOND = (4 * SHARE.perSecond) / (BATCH * ENDPOINTS)

/** The other's events alone, and then from the moment on at which the noisy one begins. */
export async function noisy(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const seconds = MEASURED[isQuick ? 'quick' : 'full']
  const stage = await open()
  const loud = await stage.addTenant('loud', ENDPOINTS)
  const other = await stage.addTenant('other', 1)
  await measure(stage, other, WARM_UP_S)
  const [alone, bareAlone] = await probing(stage, () => measure(stage, other, seconds))
  await stage.readMeter()
  const begunAt = now()
  const noise = startStream(BATCHES_A_SECOND, () => sendBatch(stage.client, loud, BATCH))
  const [beside, bareBeside] = await probing(stage, () => measure(stage, other, seconds))
  const { length: batches } = await noise.stop()
  await stage.settle()
  // What had no turn behind a request is sent down a lane later than that is answered.
  const tookS = (now() - begunAt) / 1000
  const { queued } = await stage.readMeter()
  const [without, withIt] = [spreadOf(alone), spreadOf(beside)]
  const [bareWithout, bareWithIt] = [spreadOf(bareAlone), spreadOf(bareBeside)]
  const { fresh = 0, bulk = 0 } = queued
  return {
    scenario: 'Noisy',
    note:
      `${batches * BATCH} events of an org with ${ENDPOINTS} endpoints, in ${BATCHES_A_SECOND} batches a second: ${fresh} of their deliveries took ` +
      `the fresh lane and ${bulk} the bulk lane. Beside it ${PER_SECOND} events a second of another org: ms from sending to ` +
      'receipt; and of a request for one call to D1 and one POST, without our code, on the same thread.',
    columns: ['the other', 'count', 'p50', 'p95', 'p99'],
    plot: {
      title: 'Ms from sending to receipt at the other',
      names: 1,
      values: { p50: 2, p95: 3, p99: 4 },
    },
    rows: [
      ['without it', alone.length, ...Object.values(without)],
      ['beside it', beside.length, ...Object.values(withIt)],
      ['bare calls without it', bareAlone.length, ...Object.values(bareWithout)],
      ['bare calls beside it', bareBeside.length, ...Object.values(bareWithIt)],
    ],
    figures: [{ name: 'the other’s p95 beside it, ms', rounds: inRounds(beside, 95) }],
    targets: [
      {
        name: 'messages of a noisy org in the fresh lane, × its share',
        limit: 1,
        isCount: true,
        value: fresh / (SHARE.atOnce + SHARE.perSecond * tookS),
      },
      {
        name: 'the other’s p95 beside a noisy org, × without it',
        limit: 1.2,
        value: withIt.p95 / without.p95,
      },
      {
        name: '… beyond what it is of bare calls on that thread',
        limit: 1.2,
        value: withIt.p95 / without.p95 / (bareWithIt.p95 / bareWithout.p95),
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
