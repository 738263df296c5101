// What `npm run seed` does: a week of deliveries of every kind in the local database, and a key to see it.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { getPlatformProxy } from 'wrangler'
import { Progress } from '../../cli/progress.ts'
import { ConfigError } from '../../config.ts'
import { DEFAULT_STATE } from '../databases.ts'
import { ensureDevVars } from '../dev-vars.ts'
import { StartError } from '../flags.ts'
import { migrate } from '../migrate.ts'
import { fill, WEEK_HOURS } from './fill.ts'
import { ORG } from './week.ts'

// Wrangler would tell which secrets it uses.
process.env['WRANGLER_LOG'] = 'error'

const USAGE = `npm run seed -- [flags]

  --persist-to DIR  where the database lives, as for npm run dev (${DEFAULT_STATE})
  --help            this text

Gives the org "${ORG.name}" a week of deliveries; the week of an earlier run goes. It does not matter
whether npm run dev is running.`

try {
  const { values } = readFlags(process.argv.slice(2))
  if (values.help) console.log(USAGE)
  else console.log(await seed(values['persist-to']))
} catch (error) {
  const isForPerson = error instanceof StartError || error instanceof ConfigError
  console.error(isForPerson ? error.message : error)
  process.exitCode = 1
}

function readFlags(args: string[]) {
  const options = {
    'persist-to': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args, options })
  } catch (error) {
    throw new StartError(`${String(error)}\n\n${USAGE}`, { cause: error })
  }
}

async function seed(persistTo: string | undefined): Promise<string> {
  await ensureDevVars('.dev.vars')
  const state = persistTo ?? DEFAULT_STATE
  await migrate(state, () => {})
  const path = join(state, 'v3')
  const { env, dispose } = await getPlatformProxy<Env>({ persist: { path }, remoteBindings: false })
  const progress = new Progress(WEEK_HOURS, 'hours of the week')
  try {
    const { key } = await fill(env.DB, env, Date.now(), (hours) => progress.to(hours))
    return await writeSummary(env.DB, key)
  } finally {
    progress.stop()
    await dispose()
  }
}

async function writeSummary(d1: D1Database, key: string): Promise<string> {
  const counts = await d1
    .prepare(`SELECT status, count(*) AS count FROM deliveries WHERE org_id = ? GROUP BY status`)
    .bind(ORG.id)
    .all<{ status: string; count: number }>()
  const told = counts.results.map(({ status, count }) => `${count} ${status}`).join(', ')
  return `
  Org  ${ORG.name}, a week of deliveries: ${told}
  Key  ${key}

Sign in with the key at http://localhost:8787/dashboard while \`npm run dev\` runs (with the same --persist-to).
Nobody is behind the week's URLs: what is sent from now on fails.
`
}
