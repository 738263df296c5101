// Cost: what a delivery uses of everything that is billed, and what a million of them cost.
import { join } from 'node:path'
import { unstable_readConfig as readConfig } from 'wrangler'
import { ROOT } from '../harness/bundle.ts'
import { profile, workerdCpuMs } from '../harness/cpu.ts'
import { atRate } from '../harness/load.ts'
import type { Figure, Finding } from '../harness/report.ts'
import { sendEvent } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'
import type { DatabaseUse, Reading } from '../worker/reading.ts'
import { dollarsPerMillion, PRICES_AS_OF, type Use } from './prices.ts'

const ARRIVES_WITHIN_MS = 120_000
const EVENTS_PER_SECOND = 50

/** RETENTION_DAYS' default: so long a delivery is stored. */
const RETENTION_DAYS = 30

/** Pruning: a row deleted is a row written, whatever its indexes; the delivery's and its event's. */
const PRUNED_PER_DELIVERY = 1
const PRUNED_PER_EVENT = 1

/**
 * Four at fan-out 1, 3.2 at fan-out 5, and what a slow machine may add: a first attempt that leaves its
 * request too late has more to write.
 */
const MOST_ROWS = { single: 4.1, five: 3.3 }

/** What was measured at one fan-out: each member for one delivery. */
type Measured = { fanOut: number; use: Use; roundTrips: number; processMs: number }

/** Measures fan-out 1 and 5. */
export async function cost(open: OpenStage, isQuick: boolean): Promise<Finding> {
  const stage = await open()
  const events = isQuick ? 100 : 1000
  const measured: Measured[] = []
  for (const fanOut of [1, 5]) {
    const tenant = await stage.addTenant(`cost${fanOut}`, fanOut)
    await deliver(stage, tenant, events / 4)
    measured.push(await measure(stage, tenant, events))
  }
  const [single, five] = measured
  if (!single || !five) throw new Error('both were measured')
  return {
    scenario: 'Cost',
    note:
      `For one delivery, at ${EVENTS_PER_SECOND} single events a second, each successful at its first attempt; ` +
      `prices of ${PRICES_AS_OF}. Pruning and ${RETENTION_DAYS} days of storage are included in the dollars. ` +
      'Requests and log lines depend on how many deliveries share a batch: more, on a busy machine. ' +
      'What each step gave is in `README.md`.',
    columns: ['for one delivery', 'fan-out 1', '$/million', 'fan-out 5', '$/million'],
    plot: {
      title: 'Dollars a million deliveries',
      names: 1,
      values: { 'fan-out 1': 2, 'fan-out 5': 4 },
    },
    rows: toRows(single, five),
    figures: measured.flatMap(toFigures),
    targets: [
      {
        name: 'rows written over a delivery’s life at fan-out 1, pruning aside',
        limit: MOST_ROWS.single,
        isCount: true,
        value: single.use.rowsWritten - PRUNED_PER_DELIVERY - PRUNED_PER_EVENT,
      },
      {
        name: 'rows written over a delivery’s life at fan-out 5, pruning aside',
        limit: MOST_ROWS.five,
        isCount: true,
        value: five.use.rowsWritten - PRUNED_PER_DELIVERY - PRUNED_PER_EVENT / five.fanOut,
      },
      { name: 'CPU ms of our own code a delivery, at fan-out 5', limit: 1, value: five.use.cpuMs },
      { name: 'dollars a million at fan-out 1', limit: 8.5, value: totalOf(single.use) },
      { name: 'dollars a million at fan-out 5', limit: 5, value: totalOf(five.use) },
    ],
  }
}

// What depends on how many deliveries share a batch is no count.
function toFigures({ fanOut, use }: Measured): Figure[] {
  const figure = (name: string, value: number) => ({
    name: `${name} a delivery, fan-out ${fanOut}`,
    rounds: [value],
  })
  return [
    { ...figure('rows written', use.rowsWritten), isCount: true },
    figure('queue operations', use.queueOperations),
  ]
}

function toRows(single: Measured, five: Measured): Finding['rows'] {
  const both = [single, five]
  const bare = (name: string, pick: (one: Measured) => number) => [
    name,
    ...both.flatMap((one) => [pick(one), '']),
  ]
  const billed = (name: string, part: keyof Use) => [
    name,
    ...both.flatMap(({ use }) => [use[part], dollarsOf(use)[part].toFixed(2)]),
  ]
  return [
    bare('D1 round trips', ({ roundTrips }) => roundTrips),
    billed('rows read', 'rowsRead'),
    billed('rows written, pruning included', 'rowsWritten'),
    billed('queue operations', 'queueOperations'),
    billed('requests (API and consumer)', 'requests'),
    billed('CPU ms, the Worker’s own isolate', 'cpuMs'),
    bare('CPU ms, whole local runtime with D1 and queue', ({ processMs }) => processMs),
    billed(`KB stored, for ${RETENTION_DAYS} days`, 'storedKb'),
    billed('log lines', 'logLines'),
    ['together', ...both.flatMap(({ use }) => ['', totalOf(use).toFixed(2)])],
  ]
}

function dollarsOf(use: Use): Use {
  return dollarsPerMillion(use, RETENTION_DAYS)
}

function totalOf(use: Use): number {
  return Object.values(dollarsOf(use)).reduce((total, dollars) => total + dollars, 0)
}

async function measure(stage: Stage, tenant: Tenant, events: number): Promise<Measured> {
  const fanOut = tenant.endpoints.length
  const deliveries = events * fanOut
  await stage.settle()
  await stage.readMeter()
  const sizeBefore = await databaseBytes(stage)
  const cpuBefore = workerdCpuMs(stage.runtime) ?? Number.NaN
  await deliver(stage, tenant, events)
  await stage.settle()
  const processMs = (workerdCpuMs(stage.runtime) ?? Number.NaN) - cpuBefore
  const reading = await stage.readMeter()
  const storedKb = ((await databaseBytes(stage)) - sizeBefore) / 1024 / deliveries
  const ownMs = await measureOwnCpu(stage, tenant, events)
  const use = usePerDelivery(reading, deliveries, fanOut, { cpuMs: ownMs, storedKb })
  const roundTrips = sum(reading, 'roundTrips') / deliveries
  return { fanOut, use, roundTrips, processMs: processMs / deliveries }
}

/** CPU ms of the Worker's isolate for one delivery, by the runtime's profiler, which itself adds a little. */
async function measureOwnCpu(stage: Stage, tenant: Tenant, events: number): Promise<number> {
  const { totalMs } = await profile(stage.runtime, async () => {
    await deliver(stage, tenant, events)
    await stage.settle()
  })
  return totalMs / (events * tenant.endpoints.length)
}

function usePerDelivery(
  reading: Reading,
  deliveries: number,
  fanOut: number,
  rest: Pick<Use, 'cpuMs' | 'storedKb'>,
): Use {
  const requests = (reading.requests + reading.invocations) / deliveries
  const pruned = PRUNED_PER_DELIVERY + PRUNED_PER_EVENT / fanOut
  return {
    ...rest,
    requests,
    // Each message is written, read and deleted.
    queueOperations: (reading.sent + reading.received + reading.acked) / deliveries,
    rowsWritten: sum(reading, 'rowsWritten') / deliveries + pruned,
    rowsRead: sum(reading, 'rowsRead') / deliveries,
    logLines: reading.logLines / deliveries + (writesInvocationLogs() ? requests : 0),
  }
}

/** Unless wrangler.toml says otherwise, the platform writes a line for each invocation. */
function writesInvocationLogs(): boolean {
  const { observability } = readConfig({ config: join(ROOT, 'wrangler.toml') })
  return observability.logs?.invocation_logs ?? true
}

async function deliver(stage: Stage, tenant: Tenant, events: number): Promise<void> {
  await atRate(EVENTS_PER_SECOND, events, () => sendEvent(stage.client, tenant))
  await stage.receiver.takeUntil(events * tenant.endpoints.length, ARRIVES_WITHIN_MS)
}

async function databaseBytes({ control }: Stage): Promise<number> {
  // Any answer of D1 has the size in its meta.
  const { meta } = (await control('sql', { query: 'SELECT 1', params: [] })) as {
    meta: { size_after: number }
  }
  return meta.size_after
}

function sum({ database }: Reading, member: keyof DatabaseUse): number {
  return Object.values(database).reduce((total, use) => total + use[member], 0)
}
