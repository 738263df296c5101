// The smoke test: `npm run dev` as a user starts it, an event through it, replayed, failed, restarted.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { Progress } from '../../src/cli/progress.ts'
import { useCommands } from './commands.ts'
import { cutOff, goOn } from './cut-off.ts'
import {
  type DevRun,
  findFreePorts,
  isListening,
  startDev,
  stillRunning,
  terminate,
  until,
} from './dev-run.ts'
import { runTour } from './tour.ts'

/** On a quiet machine it takes some seconds; on a busy one it may take long. */
const READY_WITHIN_MS = 60_000
const ARRIVES_WITHIN_MS = 15_000
const GOES_ON_WITHIN_MS = 60_000
const STOPS_WITHIN_MS = 15_000
/** How many checks there are, about: it says how long they take. */
const CHECKS = 24
// Everything together; the run is broken off after it.
const TOTAL_MS = 420_000

const delivery = z.object({
  id: z.uuid(),
  status: z.string(),
  attempt_count: z.number(),
  manual_retry_count: z.number(),
  last_response_status: z.number().nullable(),
})
const deliveries = z.object({ data: z.array(delivery) })
const endpoints = z.object({ data: z.array(z.object({ url: z.string(), status: z.string() })) })
const accepted = z.object({ deliveries: z.tuple([z.object({ id: z.uuid() })]) })

const runs: DevRun[] = []
const count = { passed: 0, failed: 0 }
const progress = new Progress(CHECKS, '', { unit: 'checks' })
const stateDir = await mkdtemp(join(tmpdir(), 'callingbox-smoke-'))
const port = await findFreePorts()
const api = `http://localhost:${port}`
const receiver = `http://localhost:${port + 1}`
// With a token of its own, as whoever tries a secret does.
const token = `ADMIN_TOKEN:${randomUUID()}${randomUUID()}`
const args = ['--port', `${port}`, '--persist-to', stateDir, '--var', token]

const overtime = setTimeout(() => void finish(`not done within ${TOTAL_MS / 1000} s`), TOTAL_MS)
try {
  await journey()
  await finish()
} catch (error) {
  await finish(error instanceof Error ? error.message : String(error))
}

async function journey(): Promise<void> {
  await check('refuses a busy port, naming the flag', refuseBusyPort)

  await check('refuses a var that makes no sense, naming it', refuseVar)

  const first = await start('starts and is ready')
  const key = readKey(first)
  await check('keeps the key readable by its owner only', async () => {
    assert.equal((await stat(join(stateDir, 'local-org.json'))).mode & 0o777, 0o600)
  })
  const sent = await check('delivers an event with a valid signature', () => deliver(first, key))
  await check('redelivers it, marked as such', () => redeliver(first, key, sent))
  const failed = await check('records a failed attempt', () => failOnce(first, key))
  await check('delivers the failed one by hand', () => redeliver(first, key, failed))
  await check('Ctrl-C leaves no process and no open port', () => end(first, 'SIGINT', 'group'))

  const alone = await start('starts without its receiver', [...args, '--no-receiver'])
  await check('leaves no endpoint enabled at which all would fail', () => rest(alone, key))
  await check('ends without one, too', () => end(alone, 'SIGINT', 'group'))

  const second = await start('starts again')
  await check('shows the same key', async () => assert.equal(readKey(second), key))
  await check('finds what was delivered before', async () => {
    const { data } = deliveries.parse(await request(key, 'GET', '/v1/webhook_deliveries'))
    assert.deepEqual(
      data.map(({ id, status }) => `${id} ${status}`),
      [`${failed} delivered`, `${sent} delivered`],
    )
  })
  await check('delivers again', () => deliver(second, key))
  await check('refuses a second start on its state, and delivers as before', async () => {
    await refuseSecondStart()
    await deliver(second, key)
  })
  await check("the README's tour prints what the README says", () => followTour(second, key))
  await check('the command line does what it says', () => useCommands(api, key))
  await check("npm's death leaves no process and no open port", () => end(second, 'SIGKILL', 'npm'))

  const third = await start('starts once more')
  const cut = await check('is killed in the middle of a hundred deliveries', () =>
    cutOff(third, api, key, join(stateDir, 'received')),
  )
  await check(`goes on with all within ${GOES_ON_WITHIN_MS / 1000} s of its next start`, () => {
    startRun()
    return goOn(cut, GOES_ON_WITHIN_MS)
  })
}

async function refuseBusyPort(): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  const run = startRun()
  try {
    await run.waitFor(/Port \d+ is taken\..*--port/, READY_WITHIN_MS)
    assert.equal(await run.exited, 1)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

async function refuseVar(): Promise<void> {
  const run = startRun([...args, '--var', 'RETRY_JITTER:much'])
  await run.waitFor(/Configuration: RETRY_JITTER: /, READY_WITHIN_MS)
  assert.equal(await run.exited, 1)
}

/** On ports of its own, and on the same one. */
async function refuseSecondStart(): Promise<void> {
  for (const other of [await findFreePorts(), port]) {
    const run = startRun(['--port', `${other}`, '--persist-to', stateDir])
    const where = `already, at ${api}\\. .*--persist-to`
    await run.waitFor(new RegExp(where), READY_WITHIN_MS)
    assert.equal(await run.exited, 1)
  }
}

/** What is sent has no destination, until there is a receiver again. */
async function rest({ lines }: DevRun, key: string): Promise<void> {
  const { data } = endpoints.parse(await request(key, 'GET', '/v1/webhook_endpoints'))
  assert.deepEqual(data, [{ url: `${receiver}/webhooks`, status: 'disabled' }])
  assert.ok(lines.some((line) => line.includes('/v1/webhook_endpoints')))
  assert.equal(await isListening(port + 1), false)
}

async function start(what: string, flags = args): Promise<DevRun> {
  return check(`${what} within ${READY_WITHIN_MS / 1000} s`, async () => {
    const run = startRun(flags)
    await run.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
    return run
  })
}

function startRun(flags = args): DevRun {
  const run = startDev(flags)
  runs.push(run)
  return run
}

function readKey({ lines }: DevRun): string {
  const key = lines.flatMap((line) => /^ {2}Key +(\S+)$/.exec(line)?.[1] ?? []).at(0)
  assert.ok(key, 'no key was printed')
  return key
}

async function deliver(run: DevRun, key: string): Promise<string> {
  const id = await sendEvent(key)
  await waitForWebhook(run, id, 'attempt 1  valid  answered 200')
  await waitForDelivery(key, id, { status: 'delivered', attempt_count: 1, manual_retry_count: 0 })
  return id
}

async function redeliver(run: DevRun, key: string, id: string): Promise<void> {
  await request(key, 'POST', `/v1/webhook_deliveries/${id}/redeliver`)
  await waitForWebhook(run, id, 'attempt 2, redelivery  valid  answered 200')
  await waitForDelivery(key, id, { status: 'delivered', attempt_count: 1, manual_retry_count: 1 })
}

async function failOnce(run: DevRun, key: string): Promise<string> {
  const told = await fetch(`${receiver}/_fail?times=1&status=503`, { method: 'POST' })
  assert.equal(told.status, 200)
  const id = await sendEvent(key)
  await waitForWebhook(run, id, 'attempt 1  valid  answered 503')
  await waitForDelivery(key, id, {
    status: 'pending',
    attempt_count: 1,
    last_response_status: 503,
  })
  return id
}

async function followTour(run: DevRun, key: string): Promise<void> {
  const tour = runTour(port, key)
  const sent = (await tour.next()).value
  assert.match(sent, /"type":"call.completed".*"deliveries":\[\{"id":/)
  // A reader sees it arrive before he lets the receiver fail.
  const [{ id }] = accepted.parse(JSON.parse(sent)).deliveries
  await waitForWebhook(run, id, 'attempt 1  valid  answered 200')
  const failed = (await tour.next()).value
  assert.match(failed, /"event_type":"call.failed".*"status":"pending","attempt_count":1/)
  const redelivered = (await tour.next()).value
  assert.match(redelivered, /"status":"delivered","attempt_count":1,"manual_retry_count":1/)
  assert.match(redelivered, /"attempts":\[\{"number":1,.*\{"number":2,/)
}

async function end(run: DevRun, signal: NodeJS.Signals, target: 'group' | 'npm'): Promise<void> {
  const pids = run.processes()
  assert.ok(pids.length > 4, `only ${pids.length} processes were found`)
  run.signal(signal, target)
  await until(
    'no process left',
    STOPS_WITHIN_MS,
    () => stillRunning(pids).length === 0 || undefined,
  )
  assert.equal(await isListening(port), false, `${port} is still open`)
  assert.equal(await isListening(port + 1), false, `${port + 1} is still open`)
}

async function sendEvent(key: string): Promise<string> {
  const call = { id: randomUUID(), to_number: '+14155550100', status: 'completed' }
  const event = { type: 'call.completed', call }
  const answer = accepted.parse(await request(key, 'POST', '/v1/events', event))
  return answer.deliveries[0].id
}

// The line names the delivery by the last group of its id.
async function waitForWebhook(run: DevRun, id: string, ending: string): Promise<void> {
  const pattern = new RegExp(`call\\.completed .*…${id.slice(-12)} .*${ending}$`)
  await run.waitFor(pattern, ARRIVES_WITHIN_MS)
}

async function waitForDelivery(
  key: string,
  id: string,
  expected: Partial<z.infer<typeof delivery>>,
): Promise<void> {
  let seen: z.infer<typeof delivery> | undefined
  await until(`${id} as ${JSON.stringify(expected)}`, ARRIVES_WITHIN_MS, async () => {
    seen = delivery.parse(await request(key, 'GET', `/v1/webhook_deliveries/${id}`))
    const merged = { ...seen, ...expected }
    return JSON.stringify(merged) === JSON.stringify(seen) || undefined
  }).catch((error: Error) => {
    throw new Error(`${error.message}; it was ${JSON.stringify(seen)}`)
  })
}

async function request(key: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(api + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    signal: AbortSignal.timeout(ARRIVES_WITHIN_MS),
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}

async function check<T>(sentence: string, body: () => Promise<T>): Promise<T> {
  const startedAt = Date.now()
  progress.to(count.passed, sentence)
  const result = await body().catch((error: Error) => {
    throw new Error(`${sentence}\n${error.message}`)
  })
  count.passed += 1
  progress.print(`ok    ${sentence} (${Date.now() - startedAt} ms)`)
  return result
}

// The checks stand on each other: the first that fails ends the run.
async function finish(failure?: string): Promise<never> {
  clearTimeout(overtime)
  progress.stop()
  if (failure !== undefined) {
    count.failed += 1
    console.log(`FAIL  ${failure.replaceAll('\n', '\n      ')}`)
  }
  const pids = runs.flatMap((run) => run.processes())
  terminate(pids)
  await until('the end', STOPS_WITHIN_MS, () => stillRunning(pids).length === 0 || undefined).catch(
    (error: Error) => console.log(error.message),
  )
  await rm(stateDir, { recursive: true, force: true })
  console.log(`${count.passed} passed, ${count.failed} failed`)
  process.exit(count.failed === 0 ? 0 : 1)
}
