// Growth: what each operation costs beside ever more old deliveries and deleted endpoints.
import type { Cell, Finding } from '../harness/report.ts'
import { createEndpoint, expectOk, now, sendBatch, sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import { percentile } from '../harness/stats.ts'
import type { DatabaseUse } from '../worker/reading.ts'
import { storeDeliveries } from './stored.ts'

const DAY_MS = 86_400_000

/** Deliveries that are stored for each endpoint that was deleted. */
const DELIVERIES_A_DELETION = 250

/** One in so many ended as exhausted. */
const EXHAUSTED_SHARE = 0.05
const BATCH = 50
const ARRIVES_WITHIN_MS = 60_000
const LIMIT = 50
const WARM_UP = 3

/** What is measured of an operation: its median time in ms, and what the database read for it. */
type Sample = { ms: number; rowsRead: number }

type Operation = { name: string; run: (place: number) => Promise<unknown> }

/** A service with so many deliveries stored, and the operations on it. */
type Grown = { stage: Stage; operations: Operation[] }

/** Measures every operation on services of each size side by side, as the machine's speed drifts. */
export async function growth(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const sizes = isQuick ? [1000, 50_000] : [1000, 100_000, 1_000_000]
  const times = isQuick ? 8 : 40
  const grown: Grown[] = []
  for (const size of sizes) grown.push(await openGrown(open, size))
  const samples = new Map<string, Sample[]>()
  for (const [place, { name }] of grown[0]?.operations.entries() ?? []) {
    samples.set(name, await measure(grown, place, times))
  }
  const rows = [...samples].map(([name, all]) => toRow(name, all))
  const worst = (pick: (sample: Sample) => number) =>
    Math.max(...[...samples.values()].map((all) => ratioOf(all.map(pick))))
  return {
    scenario: 'Growth',
    note:
      `Median ms over HTTP of ${times} calls to each service in turn, authentication included, and rows read by ` +
      `each; lists have ${LIMIT} rows a page. For each ${DELIVERIES_A_DELETION} deliveries an endpoint was deleted.`,
    columns: [
      'operation',
      ...sizes.flatMap((size) => [`ms at ${size}`, 'rows read']),
      'ms, × the first',
      'rows, × the first',
    ],
    plot: {
      title: `Ms with ${sizes.at(-1)} deliveries, × with ${sizes[0]}`,
      names: 1,
      values: { '': 1 + 2 * sizes.length },
    },
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
        isCount: true,
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

async function openGrown(open: OpenStage, size: number): Promise<Grown> {
  const stage = await open()
  const tenant = await stage.addTenant('grown', 1)
  const [endpoint] = tenant.endpoints
  if (!endpoint) throw new Error('it has one')
  const url = stage.receiver.url + endpoint.path
  const common = { orgId: tenant.id, endpointId: endpoint.id, url }
  const exhausted = Math.round(size * EXHAUSTED_SHARE)
  const delivered = size - exhausted
  const today = Date.now()
  const recent = { from: today - 29 * DAY_MS, to: today - DAY_MS, count: delivered }
  await storeDeliveries(stage, { ...common, ...recent, status: 'delivered' })
  const span = { from: today - 30 * DAY_MS, to: today - 29 * DAY_MS }
  const older = { ...span, count: exhausted, firstNumber: delivered }
  await storeDeliveries(stage, { ...common, ...older, status: 'exhausted' })
  await deleteEndpoints(stage, tenant, size / DELIVERIES_A_DELETION)
  return { stage, operations: await operationsOf(stage, tenant) }
}

/** Makes and deletes them one by one, as customers do; none is forgotten while the others are measured. */
async function deleteEndpoints({ client, sql }: Stage, tenant: Tenant, count: number) {
  for (let made = 0; made < count; made += 1) {
    const id = await createEndpoint(client, tenant, `https://deleted.example/${made}`)
    await expectOk(client('DELETE', `/v1/webhook_endpoints/${id}`, { token: tenant.key }))
  }
  await sql('UPDATE deleted_endpoints SET sweep_at = NULL')
}

async function operationsOf(stage: Stage, tenant: Tenant): Promise<Operation[]> {
  const { client } = stage
  const endpointId = tenant.endpoints[0]?.id
  const get = (query: string) =>
    expectOk(client('GET', `/v1/webhook_deliveries?limit=${LIMIT}${query}`, { token: tenant.key }))
  const old = await stage.sql(
    "SELECT id, call_id FROM deliveries WHERE org_id = ? AND stage = 'delivered' ORDER BY id LIMIT 100 OFFSET 300",
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

/** One operation, on each service in turn. */
async function measure(grown: Grown[], place: number, times: number): Promise<Sample[]> {
  const run = (one: Grown, round: number) => one.operations[place]?.run(round)
  // The first calls compile the code and fill the caches.
  for (const one of grown) {
    for (let round = 0; round < WARM_UP; round += 1) await run(one, round)
    await one.stage.settle()
    await one.stage.receiver.take()
    await one.stage.readMeter()
  }
  const taken = grown.map((): number[] => [])
  for (let round = WARM_UP; round < times + WARM_UP; round += 1) {
    for (const [which, one] of grown.entries()) {
      const startedAt = now()
      await run(one, round)
      taken[which]?.push(now() - startedAt)
    }
  }
  const samples: Sample[] = []
  for (const [which, { stage }] of grown.entries()) {
    await stage.settle()
    await stage.receiver.take()
    const { database } = await stage.readMeter()
    const uses: DatabaseUse[] = Object.values(database)
    const rowsRead = uses.reduce((sum, use) => sum + use.rowsRead, 0)
    samples.push({ ms: percentile(taken[which] ?? [], 50), rowsRead: rowsRead / times })
  }
  return samples
}
