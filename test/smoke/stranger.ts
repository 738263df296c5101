// A stranger's path: a clean clone, and nothing but what the README and /docs print: `npm run stranger [-- LANGUAGE…]`.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ENVIRONMENT, findMissing } from '../recipes/install.ts'
import { createTally } from '../recipes/tally.ts'
import { findFreePorts, startDev, stillRunning, terminate, until, type DevRun } from './dev-run.ts'
import { readPage, type ReadPage } from './page.ts'
import { startReceiver } from './own-receiver.ts'

/** What the languages need. */
const LANGUAGES: Record<string, string[]> = {
  Node: ['npm'],
  Python: ['python3'],
  Go: ['go'],
}

/** From the clone to the first verified webhook, and from there to the first replay. */
const FIRST_WEBHOOK_WITHIN_MS = 180_000
const FIRST_REPLAY_WITHIN_MS = 60_000

const READY_WITHIN_MS = 60_000
const STOPS_WITHIN_MS = 10_000

const run = promisify(execFile)
const asked = process.argv.slice(2).map((name) => name.toLowerCase())
const languages = Object.keys(LANGUAGES).filter(
  (name) => asked.length === 0 || asked.includes(name.toLowerCase()),
)
const tally = createTally(languages.map(() => 1))
const folder = await mkdtemp(join(tmpdir(), 'callingbox-stranger-'))
const started = performance.now()
let dev: DevRun | undefined
try {
  const clone = join(folder, 'clone')
  await run('git', ['clone', '--quiet', process.cwd(), clone])
  dev = await startAsToldBy(await readFile(join(clone, 'README.md'), 'utf8'), clone)
  const readyMs = performance.now() - started
  const exported = readExports(dev.lines)
  const page = await readPage(`${exported['URL'] ?? ''}/docs/receivers`)
  for (const language of languages) await tryLanguage(language, page, exported, readyMs)
} finally {
  await stop(dev)
  await rm(folder, { recursive: true, force: true })
}
tally.finish()

/** Installs and starts it by the README's first command, on a port of its own. */
async function startAsToldBy(readme: string, cwd: string): Promise<DevRun> {
  const [, install = '', start] = /^```sh\n(.+?) && (npm run dev)\b/m.exec(readme) ?? []
  assert.equal(start, 'npm run dev', 'the README begins otherwise')
  await run('sh', ['-c', install], { cwd, env: ENVIRONMENT, maxBuffer: 1e8 })
  const begun = startDev(['--port', `${await findFreePorts()}`], cwd)
  await begun.waitFor(/Ctrl-C stops everything/, READY_WITHIN_MS)
  return begun
}

/** What the service says to export for the commands of its pages. */
function readExports(lines: string[]): Record<string, string> {
  const line = lines.find((one) => /^ {2}export /.test(one)) ?? ''
  const pairs = [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])
  assert.equal(pairs.length, 2, `nothing to export in\n${lines.join('\n')}`)
  return Object.fromEntries(pairs)
}

async function tryLanguage(
  language: string,
  page: ReadPage,
  exported: Record<string, string>,
  readyMs: number,
): Promise<void> {
  const missing = await findMissing(LANGUAGES[language] ?? [])
  if (missing.length > 0)
    return tally.skipAll(language, `${missing.join(' and ')} is not installed`, 1)
  const begun = performance.now()
  try {
    const times = await walk(language, page, exported)
    const firstMs = readyMs + times.webhookMs
    assert.ok(firstMs < FIRST_WEBHOOK_WITHIN_MS, `the first webhook took ${seconds(firstMs)}`)
    assert.ok(times.replayMs < FIRST_REPLAY_WITHIN_MS, `a replay took ${seconds(times.replayMs)}`)
    tally.begin(language, begun)
    const told = `from the clone to the webhook ${seconds(firstMs)}, to the replay ${seconds(times.replayMs)} more`
    tally.pass(`${language}: ${told}`, begun)
  } catch (error) {
    tally.failAll(language, error, 1)
  }
}

/** From an empty folder to a verified webhook, and from there to a replay, in ms. */
async function walk(language: string, page: ReadPage, exported: Record<string, string>) {
  const place = await mkdtemp(join(folder, 'receiver-'))
  const begun = performance.now()
  const receiver = await startReceiver(language, page, { ...ENVIRONMENT, ...exported }, place)
  try {
    const command = (label: string) => receiver.type(page.block(label))
    const first = await receiver.arrives(await command('Send an event to it'))
    const webhookMs = performance.now() - begun
    await receiver.interrupt()
    const missed = await command('Send an event to it')
    await receiver.startAgain()
    const replay = await command('Replay what has not arrived')
    assert.match(replay, /"status":"running"/)
    const second = await receiver.arrives(missed)
    assert.notEqual(second, first)
    return { webhookMs, replayMs: performance.now() - begun - webhookMs }
  } finally {
    await receiver.end()
  }
}

async function stop(one: DevRun | undefined): Promise<void> {
  if (!one) return
  const processes = one.processes()
  one.signal('SIGINT', 'group')
  const isOver = () => stillRunning(processes).length === 0 || undefined
  await until('the end', STOPS_WITHIN_MS, isOver).catch(() => terminate(processes))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
