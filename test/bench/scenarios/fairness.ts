// Fairness: what one endpoint that hangs does to the others.
import { setTimeout as sleep } from 'node:timers/promises'

import { atRate } from '../harness/load.ts'
import type { Finding } from '../harness/report.ts'
import { sendEvent, type Accepted } from '../harness/service.ts'
import { spreadOf, type Spread } from '../harness/stats.ts'
import type { Stage, Tenant } from '../harness/stage.ts'
import { latenciesOf } from './latency.ts'

const ENDPOINTS = 50
const ARRIVES_WITHIN_MS = 60_000

/** As long as an attempt may take: the hanging endpoint never answers in time. */
const HANGS_MS = 10_500

/** Seconds that the others are measured without the hanging endpoint, and beside it. */
const ALONE_S = { full: 30, quick: 6 }
const BESIDE_S = { full: 30, quick: 8 }

/**
 * Seconds that it hangs already. Until it is known to be slow, for one second, a batch waits for it, and
 * locally no other batch runs meanwhile: a short run would measure that second and little else.
 */
const ONSET_S = { full: 0, quick: 3 }

/**
 * Events a second to the healthy ones together; the hanging one alone gets as many. Low enough that one
 * thread, which locally does everything, is not busy with accepting them.
 */
const PER_SECOND = 25

/** 50 endpoints, each its own org's: one left out, then healthy too, then hanging. */
export async function fairness(stage: Stage, isQuick: boolean): Promise<Finding> {
  const length = isQuick ? 'quick' : 'full'
  const tenants = await Promise.all(
    Array.from({ length: ENDPOINTS }, (_, place) => stage.addTenant(`fair${place}`, 1)),
  )
  const [hanging, ...healthy] = tenants
  if (!hanging) throw new Error('there are 50')
  await measure(stage, healthy, 4 * PER_SECOND)
  const alone = await measure(stage, healthy, ALONE_S[length] * PER_SECOND)
  const besideHealthy = await measureBeside(stage, hanging, healthy, ALONE_S[length], 0)
  const path = hanging.endpoints[0]?.path ?? ''
  await stage.receiver.setRules({ [path]: { status: 200, delayMs: HANGS_MS } })
  const beside = await measureBeside(stage, hanging, healthy, BESIDE_S[length], ONSET_S[length])
  return {
    scenario: 'Fairness',
    note:
      `${ENDPOINTS} endpoints; one hangs for 10 s on every request while it gets as many events as all ` +
      `others together (${PER_SECOND} a second). Ms from acceptance to receipt at the others.`,
    columns: ['the others', 'p50', 'p95', 'p99'],
    rows: [
      ['without it', ...Object.values(alone)],
      ['beside it, while it answers', ...Object.values(besideHealthy)],
      ['beside it, hanging', ...Object.values(beside)],
    ],
    targets: [
      {
        name: 'others’ p95 beside a hanging endpoint, × without it',
        limit: 1.2,
        value: beside.p95 / alone.p95,
      },
    ],
  }
}

async function measureBeside(
  stage: Stage,
  noisy: Tenant,
  others: Tenant[],
  seconds: number,
  onsetS: number,
): Promise<Spread> {
  const noise = atRate(PER_SECOND, (seconds + onsetS) * PER_SECOND, () =>
    sendEvent(stage.client, noisy),
  )
  await sleep(onsetS * 1000)
  const spread = await measure(stage, others, seconds * PER_SECOND)
  await noise
  return spread
}

async function measure(stage: Stage, tenants: Tenant[], total: number): Promise<Spread> {
  const accepted: Accepted[] = await atRate(PER_SECOND, total, (place) => {
    const tenant = tenants[place % tenants.length]
    if (!tenant) throw new Error('place is within the list')
    return sendEvent(stage.client, tenant)
  })
  const paths = new Set(tenants.flatMap(({ endpoints }) => endpoints.map(({ path }) => path)))
  const receipts = await stage.receiver.takeUntil(total, ARRIVES_WITHIN_MS, ({ path }) =>
    paths.has(path),
  )
  return spreadOf(latenciesOf(accepted, receipts).sinceAccepted)
}
