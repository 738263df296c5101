// Fuzzes the API from outside, by what its document says: `npm run fuzz:api`.
import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, parseEnv } from 'node:util'
import { z } from 'zod'
import { Progress } from '../../src/cli/progress.ts'
import { findFreePorts, startDev, stillRunning, terminate } from '../smoke/dev-run.ts'

const SCHEMATHESIS = 'schemathesis==4.32.5'

/** How long it takes to install, and to start, about, in s. */
const INSTALLS_IN_S = 15
const STARTS_IN_S = 10

const READY_WITHIN_MS = 120_000
const ENDS_WITHIN_MS = 10_000

const { values } = parseArgs({
  options: {
    /** In seconds, without what it takes to install and to start. */
    'max-time': { type: 'string', default: '120' },
    'max-examples': { type: 'string', default: '10' },
    /** Another one makes other cases. */
    seed: { type: 'string', default: '16' },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'callingbox-fuzz-'))
const venv = join(folder, 'venv')
const beforeS = INSTALLS_IN_S + STARTS_IN_S
const wholeS = beforeS + Number(values['max-time'])
const progress = new Progress(wholeS, '', { paceMs: 1000 })
progress.to(0, `installs ${SCHEMATHESIS}`, INSTALLS_IN_S)
const quiet = ['--quiet', '--disable-pip-version-check']
await install('python3', ['-m', 'venv', venv])
await install(join(venv, 'bin/pip'), ['install', ...quiet, SCHEMATHESIS])

progress.to(INSTALLS_IN_S, 'starts the service', beforeS)
const port = await findFreePorts()
const state = join(folder, 'state')
// As deployed: no webhook goes anywhere else than to a public https URL.
const asDeployed = ['--var', 'ALLOW_HTTP_ENDPOINTS:false']
const dev = startDev(['--port', `${port}`, '--persist-to', state, '--no-receiver', ...asDeployed])
try {
  await dev.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
  progress.to(beforeS, 'fuzzes', wholeS)
  // A terminal is told by schemathesis how far it is.
  if (process.stderr.isTTY) progress.stop()
  process.exitCode = await fuzz(await readKeys())
} finally {
  progress.stop()
  const processes = dev.processes()
  dev.signal('SIGINT', 'group')
  await Promise.race([dev.exited, new Promise((end) => setTimeout(end, ENDS_WITHIN_MS))])
  terminate(stillRunning(processes))
  await rm(folder, { recursive: true, force: true })
}

async function readKeys(): Promise<Record<string, string>> {
  const org = z.object({ key: z.string() })
  const { key } = org.parse(JSON.parse(await readFile(join(state, 'local-org.json'), 'utf8')))
  const { ADMIN_TOKEN = '' } = parseEnv(await readFile('.dev.vars', 'utf8'))
  return { FUZZ_API_KEY: key, FUZZ_ADMIN_TOKEN: ADMIN_TOKEN }
}

/** Answers the exit code. */
async function fuzz(keys: Record<string, string>): Promise<number> {
  const here = resolve('test/openapi')
  const options = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value])
  const config = ['--config-file', join(here, 'schemathesis.toml')]
  const hooks = { PYTHONPATH: here, SCHEMATHESIS_HOOKS: 'hooks' }
  const url = `http://localhost:${port}/openapi.json`
  return start(
    join(venv, 'bin/schemathesis'),
    [...config, 'run', url, ...options],
    // What it remembers of earlier runs would make each another.
    { cwd: folder, env: { ...process.env, ...keys, ...hooks } },
  )
}

async function install(command: string, args: string[]): Promise<void> {
  const status = await start(command, args)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}

/** Answers the exit code. */
async function start(command: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const [status] = await once(child, 'exit')
  return Number(status ?? 1)
}
