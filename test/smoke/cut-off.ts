// A run that is killed while it delivers, and the next one, which goes on where that was cut off.
import assert from 'node:assert/strict'
import { startReceiver, type Receiver } from '../bench/harness/receiver.ts'
import { createClient, createEndpoint, sendBatch } from '../bench/harness/service.ts'
import { type DevRun, stillRunning, until } from './dev-run.ts'

const DELIVERIES = 100

/** So many of them have arrived when the run is killed, each of which took the receiver so many ms. */
const BEFORE = 20
const DELAY_MS = 100
const ARRIVES_WITHIN_MS = 15_000
const DIES_WITHIN_MS = 5000

/** `max_batch_size` in wrangler.toml: of one batch may have been sent what was not yet recorded. */
const BATCH = 50

/** What was on its way, and what of it had arrived. */
type CutOff = { receiver: Receiver; arrived: string[] }

/** Sends a hundred deliveries to a receiver that writes into `file`, and kills the run among them. */
export async function cutOff(run: DevRun, api: string, key: string, file: string): Promise<CutOff> {
  const receiver = await startReceiver(file)
  await receiver.setRules({ '*': { status: 200, delayMs: DELAY_MS } })
  const client = createClient(api)
  const org = { id: '', key }
  await createEndpoint(client, org, `${receiver.url}/cut-off`)
  await sendBatch(client, org, DELIVERIES)
  const early = await receiver.takeUntil(BEFORE, ARRIVES_WITHIN_MS)
  const pids = run.processes()
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until('its death', DIES_WITHIN_MS, () => stillRunning(pids).length === 0 || undefined)
  const arrived = [...early, ...(await receiver.take())].map(({ id }) => id)
  assert.ok(arrived.length < DELIVERIES, 'it was too late to kill it')
  return { receiver, arrived }
}

/** Waits until all have arrived, and sees that not more of them came twice than were on their way. */
export async function goOn({ receiver, arrived }: CutOff, withinMs: number): Promise<void> {
  await receiver.setRules({})
  const seen = [...arrived]
  await until(`all ${DELIVERIES} deliveries`, withinMs, async () => {
    seen.push(...(await receiver.take()).map(({ id }) => id))
    return new Set(seen).size === DELIVERIES || undefined
  }).catch((error: Error) => {
    throw new Error(`${error.message}; ${new Set(seen).size} came, ${arrived.length} before`)
  })
  await receiver.stop()
  const doubled = seen.length - DELIVERIES
  assert.ok(doubled <= BATCH, `${doubled} came more than once`)
}
