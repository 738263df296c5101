// The soak test: the real runtime is killed under load and loses its queue, and no event is lost. With --ordered its
// endpoint has the events of a call in order and fails each third request; with --unharmed nothing is killed.
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Progress } from '../../src/cli/progress.ts'
import { buildBundle } from '../bench/harness/bundle.ts'
import { atRate } from '../bench/harness/load.ts'
import { startReceiver, type Receipt, type Receiver } from '../bench/harness/receiver.ts'
import {
  localVars,
  startRuntime,
  tickCron,
  type Runtime,
  type RuntimeOptions,
} from '../bench/harness/runtime.ts'
import {
  createClient,
  createEndpoint,
  createOrg,
  expectOk,
  type Client,
  type Org,
} from '../bench/harness/service.ts'
import { oneByOne, shuffledCalls } from './ordered.ts'
import { startProducer, type Produced } from './producer.ts'
import { isAccepted, report, type Soaked } from './report.ts'

const EVENTS_PER_SECOND = 100

/**
 * So long before the kill the receiver takes its time: longer than what counts as slow, so that its
 * deliveries take the queue, and there is one to lose.
 */
const SLOW_FOR_MS = 2500
const SLOW_MS = 1500

/** Production's cron fires each minute; a lease that has lapsed is found so much sooner here. */
const TICK_EVERY_MS = 5000

/** After the load: a lease of two minutes that nobody shortens, and time to send what it held. */
const DRAIN_WITHIN_MS = 180_000
const POLL_MS = 1000

/** So long it takes as a rule, in s. */
const DRAINS_IN_S = 130

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    ordered: { type: 'boolean', default: false },
    unharmed: { type: 'boolean', default: false },
  },
})
const loadMs = Number(values.seconds) * 1000
if (!(loadMs >= 10_000 && loadMs <= 600_000)) throw new Error('--seconds takes 10 to 600')

/** Five events a call in their order, for a receiver that fails each third request; or each of a call of its own. */
const RULE = { status: 200, delayMs: 0, ...(values.ordered && { failsEach: 3 }) }
const ENDPOINT = values.ordered ? { ordering: 'call' } : {}
/** Waits so short, and so many, that what fails so often has arrived before the soak has to end. */
const VARS = values.ordered ? { RETRY_SCHEDULE_SECONDS: '1,1,1,2,2,2,4,4,4,8,8,8,16,16' } : {}

/** The service under fire; `runtime` and `client` are others after the kill. */
type Service = {
  options: RuntimeOptions
  receiver: Receiver
  org: Org
  runtime: Runtime
  client: Client
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1))
}
setTimeout(() => giveUp('it hangs'), loadMs + DRAIN_WITHIN_MS + 120_000).unref()

const scratch = await mkdtemp(join(tmpdir(), 'callingbox-soak-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
process.exitCode = report(await soak()) ? 0 : 1

async function soak(): Promise<Soaked> {
  const service = await startService()
  const cron = new AbortController()
  const ticking = tickUntil(cron.signal, service)
  const loadS = loadMs / 1000
  const wholeS = loadS + DRAINS_IN_S
  const progress = new Progress(wholeS, '', { paceMs: 1000 })
  progress.to(0, 'under load', loadS)
  const producer = startProducer(() => service.client, service.org)
  const load = startLoad((callId) => producer.produce(callId))
  progress.print(`${EVENTS_PER_SECOND} events a second for ${loadS} s`)
  await sleep(loadMs / 3 - SLOW_FOR_MS)
  const cut = values.unharmed
    ? undefined
    : await killAndRestart(service, progress, producer.accepted)
  const produced = await load
  progress.print(
    cut
      ? 'all sent; what was in the queue waits until its lease of two minutes lapses'
      : 'all sent',
  )
  progress.to(loadS, 'waits for the rest', wholeS)
  const received = await drain(service, produced, cut?.received ?? [])
  const pending = await countPending(service)
  cron.abort()
  await ticking
  await service.runtime.stop()
  await service.receiver.stop()
  progress.stop()
  return { produced, received, lost: cut?.lost, pending, isOrdered: values.ordered }
}

/** Sends all at the rate, those of a call one after the other. */
function startLoad(produce: (callId: string) => Promise<Produced>): Promise<Produced[]> {
  const total = (loadMs * EVENTS_PER_SECOND) / 1000
  if (!values.ordered) {
    return atRate(EVENTS_PER_SECOND, total, () => produce(crypto.randomUUID()))
  }
  const calls = shuffledCalls(total)
  const send = oneByOne(produce)
  return atRate(EVENTS_PER_SECOND, total, (place) => send(calls[place] ?? ''))
}

async function startService(): Promise<Service> {
  const modules = await buildBundle(join(scratch, 'bundle'), 'src/index.ts')
  const vars = { ...localVars(), ...VARS }
  const options = { modules, persistTo: join(scratch, 'state'), vars }
  const receiver = await startReceiver(join(scratch, 'received'))
  await receiver.setRules({ '*': RULE })
  const runtime = await startRuntime(options)
  const client = createClient(runtime.address.url)
  const org = await createOrg(client, vars.ADMIN_TOKEN, 'Soak')
  await createEndpoint(client, org, `${receiver.url}/webhooks`, ENDPOINT)
  return { options, receiver, org, runtime, client }
}

/** Lets a queue form, ends the runtime in the middle of it, and starts it on what is on disk. */
async function killAndRestart(service: Service, progress: Progress, accepted: () => Produced[]) {
  const { receiver, options } = service
  await receiver.setRules({ '*': { ...RULE, delayMs: SLOW_MS } })
  await sleep(SLOW_FOR_MS)
  const before = accepted()
  await service.runtime.kill()
  const killedAt = Date.now()
  const received = await receiver.take()
  const lost = countMissing(before, received)
  progress.print(`SIGKILL: ${lost} accepted deliveries were in its queue, or on their way`)
  await receiver.setRules({ '*': RULE })
  service.runtime = await startRuntime(options)
  service.client = createClient(service.runtime.address.url)
  progress.print(`restarted after ${Date.now() - killedAt} ms`)
  return { received, lost }
}

async function tickUntil(signal: AbortSignal, service: Service): Promise<void> {
  while (!signal.aborted) {
    // While the runtime is down it fires no cron.
    await tickCron(service.runtime).catch(() => undefined)
    await sleep(TICK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

function countMissing(produced: Produced[], received: Receipt[]): number {
  const ids = new Set(received.filter(isAccepted).map(({ id }) => id))
  return produced.filter(({ deliveryId }) => !ids.has(deliveryId)).length
}

/** All that came, when nothing is missing or pending, or the time is over; and a little longer. */
async function drain(
  service: Service,
  produced: Produced[],
  before: Receipt[],
): Promise<Receipt[]> {
  const { take } = service.receiver
  const received = [...before]
  const deadline = Date.now() + DRAIN_WITHIN_MS
  const isUnfinished = async () =>
    countMissing(produced, received) > 0 || (await countPending(service)) > 0
  do {
    await sleep(POLL_MS)
    received.push(...(await take()))
  } while (Date.now() < deadline && (await isUnfinished()))
  // A repetition that should not be has this long to show itself.
  await sleep(TICK_EVERY_MS)
  return [...received, ...(await take())]
}

/** Deliveries that are pending, 200 at most. */
async function countPending({ client, org }: Service): Promise<number> {
  const path = '/v1/webhook_deliveries?status=pending&limit=200'
  const { data } = await expectOk(client('GET', path, { token: org.key }))
  return Array.isArray(data) ? data.length : Number.NaN
}

function giveUp(why: string): never {
  console.log(`FAIL  ${why}\n0 passed, 1 failed`)
  process.exit(1)
}
