// Fairness: what one endpoint that hangs does to the others.
import { atRate } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { sendEvent, type Accepted } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { inRounds, spreadOf } from '../harness/stats.ts'
import { latenciesOf } from './latency.ts'
import { probing } from './probe.ts'

const ENDPOINTS = 50
const ARRIVES_WITHIN_MS = 60_000

/** As long as an attempt may take: the hanging endpoint never answers in time. */
const HANGS_MS = 10_500
const WARM_UP_S = 2

/** Seconds without the hanging endpoint, beside it, and without it again: what it left takes long to end. */
const MEASURED_S = {
  full: { before: 30, beside: 60, after: 30 },
  quick: { before: 5, beside: 5, after: 0 },
}

/**
 * Seconds that it hangs already. Until it is known to be slow, for one second, a batch waits for it, and
 * locally next to no other batch runs meanwhile: a short run would measure that second and little else.
 */
const ONSET_S = { full: 0, quick: 2 }

/**
 * Events a second to the healthy ones together; the hanging one alone gets as many. Low enough that one
 * thread, which locally does everything, is not busy with accepting them.
 */
const PER_SECOND = 15

/** 50 endpoints, each its own org's: one left out, then hanging, then left out again. */
export async function fairness(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const length = isQuick ? 'quick' : 'full'
  const seconds = MEASURED_S[length]
  const stage = await open()
  const hanging = await stage.addTenant('hanging', 1)
  const healthy = await Promise.all(
    Array.from({ length: ENDPOINTS - 1 }, (_, place) => stage.addTenant(`fair${place}`, 1)),
  )
  await measure(stage, [healthy], WARM_UP_S)
  const [alone, bareAlone] = await probing(stage, () => measure(stage, [healthy], seconds.before))
  const path = hanging.endpoints[0]?.path ?? ''
  await stage.receiver.setRules({ [path]: { status: 200, delayMs: HANGS_MS } })
  await measure(stage, [healthy, [hanging]], ONSET_S[length])
  const [beside, bareBeside] = await probing(stage, () =>
    measure(stage, [healthy, [hanging]], seconds.beside),
  )
  if (seconds.after > 0) {
    await removeEndpoint(stage, hanging)
    // The machine's speed drifts: what is compared has the same before it and behind it.
    const [after, bareAfter] = await probing(stage, () => measure(stage, [healthy], seconds.after))
    alone.push(...after)
    bareAlone.push(...bareAfter)
  }
  const [without, withIt] = [spreadOf(alone), spreadOf(beside)]
  const [bareWithout, bareWithIt] = [spreadOf(bareAlone), spreadOf(bareBeside)]
  return {
    scenario: 'Fairness',
    note:
      `${ENDPOINTS} endpoints; one hangs for 10 s on every request while it gets as many events as all ` +
      `others together (${PER_SECOND} a second). Ms from sending an event to its receipt at the others; and of a request for one call ` +
      'to D1 and one POST, without our code, on the same thread.',
    columns: ['the others', 'count', 'p50', 'p95', 'p99'],
    plot: {
      title: 'Ms from sending to receipt at the others',
      names: 1,
      values: { p50: 2, p95: 3, p99: 4 },
    },
    rows: [
      ['without it', alone.length, ...Object.values(without)],
      ['beside it', beside.length, ...Object.values(withIt)],
      ['bare calls without it', bareAlone.length, ...Object.values(bareWithout)],
      ['bare calls beside it', bareBeside.length, ...Object.values(bareWithIt)],
    ],
    figures: [{ name: 'others’ p95 beside it, ms', rounds: inRounds(beside, 95) }],
    targets: [
      {
        name: 'others’ p95 beside a hanging endpoint, × without it',
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

/** The first group's latencies; each group gets its events evenly, and the groups take turns. */
async function measure(stage: Stage, groups: Tenant[][], seconds: number): Promise<number[]> {
  const total = PER_SECOND * seconds
  const accepted: Accepted[] = []
  await atRate(PER_SECOND * groups.length, total * groups.length, async (place) => {
    const group = groups[place % groups.length] ?? []
    const tenant = group[Math.floor(place / groups.length) % group.length]
    if (!tenant) throw new Error('no group is empty')
    const one = await sendEvent(stage.client, tenant)
    if (group === groups[0]) accepted.push(one)
  })
  const wanted = groups[0]?.flatMap(({ endpoints }) => endpoints.map(({ path }) => path))
  const receipts = await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS, ({ path }) =>
    Boolean(wanted?.includes(path)),
  )
  return latenciesOf(accepted, receipts).sinceSent
}

/** What still waits for it ends at once. */
async function removeEndpoint({ client, settle }: Stage, { key, endpoints }: Tenant) {
  await client('DELETE', `/v1/webhook_endpoints/${endpoints[0]?.id}`, { token: key })
  await settle()
}
