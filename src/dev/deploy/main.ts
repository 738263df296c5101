// What `npm run deploy`, `npm run destroy` and `npm run rollback` run: the first argument is which.
import { setTimeout as sleep } from 'node:timers/promises'
import { readFlags, runOrExplain } from '../provider/flags.ts'
import { runWrangler as run } from '../provider/run-wrangler.ts'
import { deploy } from './deploy.ts'
import { askAtTerminal, destroy } from './destroy.ts'
import { rollBack } from './rollback.ts'

/** Where unfinished deployments are remembered. */
const MEMORY = '.wrangler/unfinished'

const ENV = `
  --env NAME       an environment of wrangler.toml, such as staging; production without it`
const HELP = `
  --help           this text`

const ENVIRONMENT = `

In the environment: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, unless you are logged in (npx wrangler login)`

const DEPLOY = `npm run deploy -- [flags]
${ENV}
  --dry-run        check the code and tell the plan, and change nothing${HELP}${ENVIRONMENT};
ADMIN_TOKEN, API_KEY_PEPPER, SECRETS_KEYS where the Worker is to have yours and not new ones; DEPLOY_URL where this
machine reaches the Worker otherwise than by its own name.`

const DESTROY = `npm run destroy -- [flags]
${ENV}
  --confirm NAME   the Worker's name, instead of typing it${HELP}${ENVIRONMENT}.`

const ROLLBACK = `npm run rollback -- [flags]
${ENV}${HELP}${ENVIRONMENT}.`

const say = (line: string) => console.log(line)

const COMMANDS: Record<string, () => Promise<void>> = {
  deploy: async () => {
    const { env = '', ...flags } = readFlags(DEPLOY, ['env'], ['dry-run'])
    const tools = { run, say, fetch, wait: sleep, given: process.env, memory: MEMORY }
    const url = process.env['DEPLOY_URL']?.replace(/\/$/, '')
    await deploy(tools, { env, isDryRun: flags['dry-run'] !== undefined, url })
  },
  destroy: async () => {
    const { env = '', confirm } = readFlags(DESTROY, ['env', 'confirm'])
    await destroy({ run, say, ask: askAtTerminal, memory: MEMORY }, env, confirm)
  },
  rollback: async () => {
    const { env = '' } = readFlags(ROLLBACK, ['env'])
    await rollBack(run, say, env)
  },
}

const command = COMMANDS[process.argv[2] ?? '']
if (!command) throw new Error(`There is no ${process.argv[2]}: ${Object.keys(COMMANDS).join(', ')}`)
await runOrExplain(command)
