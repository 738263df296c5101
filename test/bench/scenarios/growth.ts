// Growth: what each operation costs beside a thousand, a hundred thousand and a million old deliveries.
import type { Cell, Finding } from '../harness/report.ts'
import { expectOk, now, sendBatch, sendEvent } from '../harness/service.ts'
import { percentile } from '../harness/stats.ts'
import type { Stage, Tenant } from '../harness/stage.ts'
import type { DatabaseUse } from '../worker/reading.ts'
import { storeDeliveries } from './stored.ts'

const DAY_MS = 86_400_000

/** One in so many ended as exhausted. */
const EXHAUSTED_SHARE = 0.05
const BATCH = 50
const ARRIVES_WITHIN_MS = 60_000
const LIMIT = 50

/** What is measured of an operation: its median time in ms, and what the database read for it. */
type Sample = { ms: number; rowsRead: number }

type Operation = { name: string; run: (place: number) => Promise<unknown>; per?: number }

/** Measures every operation at every size, in one database that grows. */
export async function growth(stage: Stage, isQuick: boolean): Promise<Finding> {
  const sizes = isQuick ? [1000, 100_000] : [1000, 100_000, 1_000_000]
  const times = isQuick ? 10 : 30
  const tenant = await stage.addTenant('grown', 1)
  const samples = new Map<string, Sample[]>()
  let stored = 0
  for (const size of sizes) {
    await grow(stage, tenant, stored, size)
    stored = size
    for (const operation of await operationsOf(stage, tenant)) {
      const sample = await measure(stage, operation, times)
      samples.set(operation.name, [...(samples.get(operation.name) ?? []), sample])
    }
  }
  const rows = [...samples].map(([name, all]) => toRow(name, all))
  const worst = (pick: (sample: Sample) => number) =>
    Math.max(...[...samples.values()].map((all) => ratioOf(all.map(pick))))
  return {
    scenario: 'Growth',
    note: `Median ms over HTTP of ${times} calls, authentication included, and rows read by each; lists have ${LIMIT} rows a page.`,
    columns: [
      'operation',
      ...sizes.flatMap((size) => [`ms at ${size}`, 'rows read']),
      'ms, × the first',
      'rows, × the first',
    ],
    rows,
    targets: [
      {
        name: 'slowest growth in time, × 1,000 deliveries',
        limit: 1.5,
        value: worst(({ ms }) => ms),
      },
      {
        name: 'growth in rows read, × 1,000 deliveries',
        limit: 1.5,
        value: worst(({ rowsRead }) => rowsRead),
      },
    ],
  }
}

function toRow(name: string, samples: Sample[]): Cell[] {
  const figures = samples.flatMap(({ ms, rowsRead }) => [ms, rowsRead])
  return [
    name,
    ...figures,
    ratioOf(samples.map(({ ms }) => ms)),
    ratioOf(samples.map(({ rowsRead }) => rowsRead)),
  ]
}

function ratioOf(values: number[]): number {
  return (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN)
}

async function grow(stage: Stage, tenant: Tenant, from: number, to: number): Promise<void> {
  const [endpoint] = tenant.endpoints
  if (!endpoint) throw new Error('it has one')
  const common = {
    orgId: tenant.id,
    endpointId: endpoint.id,
    url: stage.receiver.url + endpoint.path,
  }
  const exhausted = Math.round((to - from) * EXHAUSTED_SHARE)
  // Each growth lies further back: the days are the same, the ids are not.
  const day = (days: number) => Date.now() - days * DAY_MS - to
  await storeDeliveries(stage, {
    ...common,
    status: 'delivered',
    firstNumber: from,
    count: to - from - exhausted,
    from: day(29),
    to: day(1),
  })
  await storeDeliveries(stage, {
    ...common,
    status: 'exhausted',
    firstNumber: to - exhausted,
    count: exhausted,
    from: day(30),
    to: day(29),
  })
}

async function operationsOf(stage: Stage, tenant: Tenant): Promise<Operation[]> {
  const { client } = stage
  const endpointId = tenant.endpoints[0]?.id
  const get = (query: string) =>
    expectOk(client('GET', `/v1/webhook_deliveries?limit=${LIMIT}${query}`, { token: tenant.key }))
  const old = await stage.sql(
    "SELECT id, call_id FROM deliveries WHERE org_id = ? AND status = 'delivered' ORDER BY id LIMIT 100 OFFSET 300",
    tenant.id,
  )
  const middle = String(old.at(-1)?.['id'])
  const callId = String(old[0]?.['call_id'])
  const list = (name: string, query: string) => ({ name: `list: ${name}`, run: () => get(query) })
  return [
    { name: 'accept, fan-out 1', run: () => sendEvent(client, tenant) },
    { name: 'accept 50, and their batch', run: () => deliverBatch(stage, tenant) },
    {
      name: 'redeliver',
      run: (place) => {
        const path = `/v1/webhook_deliveries/${String(old[place]?.['id'])}/redeliver`
        return expectOk(client('POST', path, { token: tenant.key }))
      },
    },
    { name: 'sweep, nothing due', run: () => stage.control('sweep') },
    list('all', ''),
    list('from the middle', `&starting_after=${middle}`),
    ...['pending', 'delivered', 'exhausted'].map((status) => list(status, `&status=${status}`)),
    list('endpoint', `&endpoint_id=${endpointId}`),
    list('endpoint, delivered', `&endpoint_id=${endpointId}&status=delivered`),
    list('endpoint, pending', `&endpoint_id=${endpointId}&status=pending`),
    list('call', `&call_id=${callId}`),
    list('call, delivered', `&call_id=${callId}&status=delivered`),
    list('call, endpoint', `&call_id=${callId}&endpoint_id=${endpointId}`),
  ]
}

async function deliverBatch(stage: Stage, tenant: Tenant): Promise<void> {
  await sendBatch(stage.client, tenant, BATCH)
  await stage.receiver.takeUntil(BATCH, ARRIVES_WITHIN_MS)
}

async function measure(stage: Stage, { run }: Operation, times: number): Promise<Sample> {
  // The first calls compile the code and fill the caches.
  for (let place = 0; place < 3; place += 1) await run(place)
  await stage.settle()
  await stage.receiver.take()
  await stage.readMeter()
  const taken: number[] = []
  for (let place = 3; place < times + 3; place += 1) {
    const startedAt = now()
    await run(place)
    taken.push(now() - startedAt)
  }
  await stage.settle()
  await stage.receiver.take()
  const { database } = await stage.readMeter()
  const uses: DatabaseUse[] = Object.values(database)
  const rowsRead = uses.reduce((sum, use) => sum + use.rowsRead, 0)
  return { ms: percentile(taken, 50), rowsRead: rowsRead / times }
}
