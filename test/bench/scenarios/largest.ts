// Largest: what one invocation takes when its batch is full, and all in it is as large as it may be.
import { workerdCpuMs } from '../harness/cpu.ts'
import { watchMemory } from '../harness/memory.ts'
import type { Finding } from '../harness/report.ts'
import { expectOk, makeEvent, now } from '../harness/service.ts'
import type { OpenStage, Stage, Tenant } from '../harness/stage.ts'

/** `max_batch_size` of the consumers in wrangler.toml. */
const BATCH = 50

/** Bytes of an event that are left for its padding, of the 256 KB that it may have. */
const PADDING = 255 * 1024

const ARRIVES_WITHIN_MS = 120_000

/** What the platform gives one isolate, in MB, and one invocation, in ms of CPU. */
const LIMIT_MB = 128
const LIMIT_CPU_MS = 30_000

/** A character that makes the runtime keep two bytes for each of a text. */
const WIDE = '…'

/** Sends one full batch of the largest events, one by one in time, and looks at the runtime meanwhile. */
export async function largest(open: OpenStage): Promise<Finding> {
  const rows: [string, number, number, number, number][] = []
  for (const [name, first] of [
    ['of one byte a character', ''],
    ['of two bytes a character', WIDE],
  ] as const) {
    const stage = await open()
    const tenant = await stage.addTenant('largest', 1)
    await stage.receiver.setRules({ '*': { status: 500, delayMs: 0, body: '\u0001'.repeat(4096) } })
    await accept(stage, tenant, first + 'x'.repeat(PADDING - Buffer.byteLength(first)))
    const { memory, cpuMs, tookMs } = await sendAgain(stage)
    rows.push([name, memory.isolateMb, memory.processMb, cpuMs, tookMs])
  }
  const most = (place: 1 | 3) => Math.max(...rows.map((row) => row[place]))
  return {
    scenario: 'Largest',
    note:
      `One invocation with ${BATCH} deliveries of 256 KB, each answered with 4 KB that are stored as six times ` +
      'as much. The process holds D1, the queue and the network besides the isolate.',
    columns: ['calls', 'isolate MB', 'process grew by MB', 'CPU ms, whole runtime', 'took ms'],
    plot: { title: 'MB', names: 1, values: { isolate: 1, 'process grew by': 2 } },
    rows,
    targets: [
      { name: 'MB of an isolate with the largest batch', limit: LIMIT_MB, value: most(1) },
      { name: 'CPU ms of the largest batch', limit: LIMIT_CPU_MS, value: most(3) },
    ],
  }
}

async function accept(stage: Stage, tenant: Tenant, padding: string): Promise<void> {
  for (let place = 0; place < BATCH; place += 1) {
    const event = makeEvent()
    event.call.metadata.note = padding.slice(0, padding.length - 1024)
    await expectOk(stage.client('POST', '/v1/events', { token: tenant.key, body: event }))
  }
  await stage.receiver.takeUntil(BATCH, ARRIVES_WITHIN_MS)
  await stage.settle()
}

/** Makes all deliveries due again, and their messages one batch. */
async function sendAgain(stage: Stage) {
  const messages = await stage.sql(
    `UPDATE deliveries SET is_manual = 1 WHERE status = 'pending'
    RETURNING org_id AS "orgId", id, version`,
  )
  if (messages.length !== BATCH) throw new Error(`${messages.length} deliveries are pending`)
  const bodies = messages.map((body) => ({ body, contentType: 'json' }))
  const cpuBefore = workerdCpuMs(stage.runtime) ?? Number.NaN
  const startedAt = now()
  const memory = await watchMemory(stage.runtime, async () => {
    await stage.control('enqueue', bodies)
    await stage.receiver.takeUntil(BATCH, ARRIVES_WITHIN_MS)
    await stage.settle()
  })
  const cpuMs = (workerdCpuMs(stage.runtime) ?? Number.NaN) - cpuBefore
  return { memory, cpuMs, tookMs: now() - startedAt }
}
