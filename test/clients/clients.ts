// Takes one journey by each client that others make of the API: `npm run clients [-- LANGUAGE…]`.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ENVIRONMENT, findMissing, install } from '../recipes/install.ts'
import { createTally } from '../recipes/tally.ts'
import { workOff } from '../recipes/width.ts'
import { LANGUAGES, type Client, type Language } from './languages.ts'
import { startService } from './service.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url).href)

/** Of one command; beside other work Go compiles its client for a minute. */
const COMMAND_WITHIN_MS = 240_000

const run = promisify(execFile)

const names = process.argv.slice(2)
const languages = LANGUAGES.filter(({ name }) => names.length === 0 || names.includes(name))
const tally = createTally(languages.map(({ clients }) => clients.length))
const service = await startService()
try {
  await workOff(languages, tryLanguage)
} finally {
  await service.stop()
}
tally.finish()

async function tryLanguage({ name, needs, install: command, clients }: Language): Promise<void> {
  const missing = await findMissing(needs)
  if (missing.length > 0)
    return tally.skipAll(name, `${missing.join(' and ')} is not installed`, clients.length)
  const begun = performance.now()
  try {
    const folder = await install(join(HERE, name), command)
    tally.begin(name, begun)
    for (const client of clients) await tryClient(name, client, folder)
  } catch (error) {
    tally.failAll(name, error, clients.length)
  }
}

async function tryClient(language: string, client: Client, folder: string): Promise<void> {
  const begun = performance.now()
  const title = `${language}: ${client.name}`
  try {
    const key = await service.createKey(title)
    const env = { ...ENVIRONMENT, URL: service.url, KEY: key, HOOK_URL: service.hookUrl }
    const shell = (command: string) => runIn(folder, env, command)
    // What it warns of may be on either.
    if (client.generate !== undefined)
      refuseWarnings(client, await shell(`(${client.generate}) 2>&1`))
    comparePrints(client, await shell(client.start))
    tally.pass(title, begun)
  } catch (error) {
    tally.fail(title, error)
  }
}

/** What the command has said. @throws with all of it when it fails. */
async function runIn(cwd: string, env: NodeJS.ProcessEnv, command: string): Promise<string> {
  const options = { cwd, env, timeout: COMMAND_WITHIN_MS }
  const { stdout } = await run('sh', ['-c', command], options).catch(
    (error: Error & { stdout?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}`)
    },
  )
  return stdout.trim()
}

/** @throws when the generator said more than it has to. */
function refuseWarnings({ says }: Client, said: string): void {
  const warnings = said.split('\n').filter((line) => !says?.test(line.trim()))
  if (warnings.length > 0) throw new Error(`the generator said: ${warnings.join('\n')}`)
}

/** @throws when the journey said another thing. */
function comparePrints({ prints }: Client, said: string): void {
  const lines = said.replaceAll(/\bTrue\b/g, 'true').replaceAll(/\bFalse\b/g, 'false')
  if (lines !== prints.join('\n'))
    throw new Error(`it printed\n${lines}\nand not\n${prints.join('\n')}`)
}
