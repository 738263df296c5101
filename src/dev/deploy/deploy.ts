// A deployment: reads what there is, plans what is missing, and carries it out step by step.
import { EMPTY_ACCOUNT, readAccount, type Account } from '../provider/account.ts'
import { bundle } from './bundle.ts'
import { makeFirstKey, waitUntilWell, type Service } from './first-key.ts'
import { describe, findOwnHosts, makePlan, REMEDIES, type Release, type Step } from './plan.ts'
import { releaseWorker } from './release-worker.ts'
import { CommandError, UnreachableError } from '../provider/error.ts'
import type { RunWrangler } from '../provider/run-wrangler.ts'
import { checkGiven, forget, makeSecrets, recall } from './secrets.ts'
import { commandFor, nameOf, readTarget, type Target } from '../provider/target.ts'

/** The world around a deployment; `given` are the environment's variables, `memory` is the folder of unfinished ones. */
export type Tools = Omit<Service, 'url'> & {
  run: RunWrangler
  say: (line: string) => void
  given: Partial<Record<string, string>>
  memory: string
}

/** What is asked for; `url` is where to reach the Worker if not by its own name. */
export type Wanted = { env: string; isDryRun: boolean; url: string | undefined }

type Deployment = { tools: Tools; target: Target; release: Release; hosts: string[]; url?: string }

/** Deploys, or with `isDryRun` tells what it would do. @throws CommandError with what failed and what to do. */
export async function deploy(tools: Tools, wanted: Wanted): Promise<void> {
  const target = readTarget(wanted.env)
  const release = await bundle(tools.run, target)
  tools.say(`The Worker ${target.worker} (${nameOf(target)}) is bundled and checked.`)
  const account = wanted.isDryRun
    ? await readIfReachable(tools, target)
    : await readAccount(tools.run, target)
  const memory = { isUnfinished: rememberedToken(tools, target) !== undefined }
  const steps = makePlan(target, account, release, memory)
  for (const step of steps) if (step.does === 'deploy') checkGiven(step.secrets, tools.given)
  if (wanted.isDryRun) return tellPlan(tools, steps, target)
  const hosts = findOwnHosts(target, account.worker)
  const deployment = { tools, target, release, hosts, ...(wanted.url && { url: wanted.url }) }
  for (const step of steps) await carryOut(deployment, step)
  if (steps.length === 1) tools.say('Nothing to change: all is there, and as it is here.')
  conclude(deployment)
}

async function readIfReachable({ run, say }: Tools, target: Target): Promise<Account> {
  try {
    return await readAccount(run, target)
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error
    say(`${error.message} This is the plan for an account with nothing in it.`)
    return EMPTY_ACCOUNT
  }
}

function tellPlan({ say }: Tools, steps: Step[], target: Target): void {
  steps.forEach((step, index) => say(`${index + 1}. ${describe(step, target)}`))
  say('Nothing was changed (--dry-run).')
}

async function carryOut(deployment: Deployment, step: Step): Promise<void> {
  const { target, tools } = deployment
  const what = describe(step, target)
  tools.say(`… ${what}`)
  try {
    await perform(deployment, step)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(
      `Failed to ${what}: ${error.message}\n${REMEDIES[step.does]} Then run ${commandFor('deploy', target)} again: it goes on from here.`,
    )
  }
}

async function perform(deployment: Deployment, step: Step): Promise<void> {
  const { tools, target } = deployment
  switch (step.does) {
    case 'create-database':
      return command(tools, ['d1', 'create', step.name])
    case 'create-queue':
      return command(tools, ['queues', 'create', step.name])
    case 'migrate':
      return command(tools, [
        'd1',
        'migrations',
        'apply',
        step.name,
        '--remote',
        '--env',
        target.env,
      ])
    case 'deploy':
      return releaseStep(deployment, step)
    case 'check':
      return waitUntilWell({ ...tools, url: urlOf(deployment) })
    case 'make-key':
      return tellKey(deployment)
  }
}

async function command({ run }: Tools, args: string[]): Promise<void> {
  const { fault } = await run(args)
  if (fault !== undefined) throw new CommandError(fault)
}

async function releaseStep(deployment: Deployment, step: Step & { does: 'deploy' }): Promise<void> {
  const { tools, target } = deployment
  const secrets = makeSecrets(tools.memory, target, step.secrets, tools.given)
  const wanted = { secrets, ownHosts: step.ownHosts }
  deployment.hosts = await releaseWorker(tools.run, target, deployment.release, wanted)
}

/** The first of its names: a domain of its own before that under workers.dev. @throws CommandError */
function urlOf({ hosts, target, url }: Deployment): string {
  if (url !== undefined) return url
  const [host] = [...target.domains, ...hosts]
  if (host !== undefined) return `https://${host}`
  throw new CommandError('wrangler.toml gives the Worker no name: say where it is with DEPLOY_URL.')
}

async function tellKey(deployment: Deployment): Promise<void> {
  const { tools, target } = deployment
  const token = rememberedToken(tools, target) ?? tools.given['ADMIN_TOKEN']
  if (token === undefined) {
    throw new CommandError(
      'there is no API key yet, and this machine does not know the operator’s token: put it into the environment as ADMIN_TOKEN.',
    )
  }
  const key = await makeFirstKey({ ...tools, url: urlOf(deployment) }, token)
  tools.say(`\nAPI key         ${key}\nKeep it: it is not shown again.`)
}

function rememberedToken({ memory }: Tools, target: Target): string | undefined {
  return recall(memory, target)?.['ADMIN_TOKEN']
}

/** The token of a deployment that made one, which is forgotten here once it was told; and where all is. */
function conclude(deployment: Deployment): void {
  const { target, tools } = deployment
  const token = rememberedToken(tools, target)
  if (token !== undefined) {
    tools.say(`\nADMIN_TOKEN     ${token}\nKeep it: it opens /admin, and is not shown again.`)
  }
  const url = urlOf(deployment)
  tools.say(`\nAPI             ${url}\nDashboard       ${url}/dashboard`)
  forget(tools.memory, target)
}
