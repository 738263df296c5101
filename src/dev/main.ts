// What `npm run dev` starts: the Worker on a migrated local database, its cron, and the demo receiver.
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { ConfigError, parseConfig } from '../config.ts'
import { checkSecrets, SecretError } from '../credentials/operator-secrets.ts'
import { startCron } from './cron.ts'
import { DEFAULT_STATE } from './databases.ts'
import { ensureDevVars } from './dev-vars.ts'
import { type Flags, parseFlags, StartError, USAGE } from './flags.ts'
import { freeLeases } from './leases.ts'
import {
  ensureDemoEndpoint,
  ensureLocalOrg,
  type LocalApi,
  rememberSecret,
  restDemoEndpoint,
} from './local-org.ts'
import { migrate } from './migrate.ts'
import { claimState } from './presence.ts'
import { startReceiver } from './receiver.ts'
import { writeWelcome } from './welcome.ts'
import { startWrangler, type Wrangler } from './wrangler.ts'

/** What is deployed, and what is only for who works on it. */
const DEV_WORKER = 'src/dev-index.ts'

const READY_WITHIN_MS = 30_000
const HEALTH_POLL_MS = 50
const ORPHAN_POLL_MS = 500
const REQUEST_LINE = /^[A-Z]+ \/\S* \d{3} /

let wrangler: Wrangler | undefined
let isWelcomed = false
let isStopping = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void stop(0))
}
// Whoever read the output is gone.
process.stdout.on('error', () => void stop(1))
stopWhenOrphaned()

try {
  const flags = parseFlags(process.argv.slice(2))
  await (flags.isHelp ? console.log(USAGE) : start(flags))
} catch (error) {
  if (!isStopping) {
    console.error(error instanceof StartError ? error.message : error)
    await stop(1)
  }
}

async function start(flags: Flags): Promise<void> {
  const state = flags.persistTo ?? DEFAULT_STATE
  await claimState(state, flags.port)
  await refuseTakenPorts(flags)
  const vars: Record<string, string | undefined> = {
    ...(await ensureDevVars('.dev.vars')),
    ...flags.vars,
  }
  refuseSettings(vars)
  console.log('Starting the Worker on its local database: this takes some seconds.')
  await migrate(state, (started) => {
    wrangler = started
  })
  // The local queue is memory: what it had is due now.
  freeLeases(state)

  const url = `http://localhost:${flags.port}`
  const file = join(state, 'local-org.json')
  await startWorker(flags.wranglerArgs, url)
  console.log(
    await setUpOrg({ url, adminToken: vars['ADMIN_TOKEN'] ?? '', file }, flags.receiverPort),
  )
  isWelcomed = true
  await startCron(url)
}

/** What the Worker would answer every request with a 500 for. @throws StartError naming what makes no sense. */
function refuseSettings(vars: Record<string, string | undefined>): void {
  try {
    checkSecrets(vars)
    parseConfig(vars)
  } catch (error) {
    const isTheirs = error instanceof ConfigError || error instanceof SecretError
    throw isTheirs ? new StartError(error.message) : error
  }
}

async function refuseTakenPorts({ port, receiverPort }: Flags): Promise<void> {
  if (await isTaken(port)) {
    throw new StartError(
      `Port ${port} is taken. Choose another: npm run dev -- --port ${port + 10}`,
    )
  }
  if (receiverPort !== undefined && (await isTaken(receiverPort))) {
    throw new StartError(
      `Port ${receiverPort}, the demo receiver's, is taken. Move both with --port ${port + 10}, ` +
        'or leave the receiver out with --no-receiver.',
    )
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' })
    socket.once('connect', () => socket.destroy()).once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
}

async function startWorker(args: string[], url: string): Promise<void> {
  wrangler = startWrangler(
    ['dev', DEV_WORKER, ...args, '--show-interactive-dev-session=false'],
    printLine,
  )
  void wrangler.exited.then((code) => {
    if (!isStopping) console.error(`wrangler ended with exit code ${code}.`)
    return stop(1)
  })
  await waitUntilHealthy(url)
}

function printLine(line: string): void {
  // Until the welcome the only requests are our own.
  if (!isWelcomed && REQUEST_LINE.test(line)) return
  // The Worker's log is JSON: dimmed, it lets the receiver's lines stand out.
  console.log(line.startsWith('{') ? styleText('dim', line) : line)
}

async function waitUntilHealthy(url: string): Promise<void> {
  const deadline = AbortSignal.timeout(READY_WITHIN_MS)
  while (!deadline.aborted) {
    // Any answer will do: until the first tick a late sweep makes it a 503.
    const response = await fetch(`${url}/healthz`, { signal: deadline }).catch(() => undefined)
    if (response) return
    await sleep(HEALTH_POLL_MS)
  }
  throw new StartError(`The Worker did not answer within ${READY_WITHIN_MS / 1000} s.`)
}

async function setUpOrg(api: LocalApi, receiverPort: number | undefined): Promise<string> {
  const org = await ensureLocalOrg(api)
  const shown = { apiUrl: api.url, key: org.key, orgId: org.orgId }
  if (receiverPort === undefined) {
    await restDemoEndpoint(api, org)
    return writeWelcome({ ...shown, receiverUrl: undefined })
  }

  const receiverUrl = `http://localhost:${receiverPort}/webhooks`
  const { secrets } = await ensureDemoEndpoint(api, org, receiverUrl)
  await startReceiver({
    port: receiverPort,
    secrets: new Set(secrets),
    onTrust: (secret) => rememberSecret(api, secret),
    print: (line) => console.log(line),
  })
  return writeWelcome({ ...shown, receiverUrl })
}

async function stop(code: number): Promise<void> {
  if (isStopping) return
  isStopping = true
  await wrangler?.stop()
  process.exit(code)
}

// A killed npm takes neither its shell nor us along.
function stopWhenOrphaned(): void {
  const parent = process.ppid
  const npm = findNpm(parent)
  setInterval(() => {
    if (process.ppid !== parent || !isAlive(npm)) void stop(0)
  }, ORPHAN_POLL_MS).unref()
}

function findNpm(parent: number): number {
  if (process.env['npm_lifecycle_event'] === undefined) return parent
  try {
    const row = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', `${parent}`], { encoding: 'utf8' })
    const [grandparent, name] = row.trim().split(/\s+/)
    return name?.endsWith('sh') ? Number(grandparent) : parent
  } catch {
    // No `ps` here: the parent alone is watched.
    return parent
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
