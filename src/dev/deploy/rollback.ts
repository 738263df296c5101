// What `npm run rollback` does: puts the code of the deployment before this one back.
import { z } from 'zod'
import { CommandError } from '../provider/error.ts'
import { MARK } from './plan.ts'
import { mustRun, type RunWrangler } from '../provider/run-wrangler.ts'
import { commandFor, readTarget } from '../provider/target.ts'

const Deployments = z.array(
  z.object({
    created_on: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    versions: z.array(z.object({ version_id: z.string() })),
  }),
)

/** A deployment: which version of the code, and whether it was whole. */
type Deployed = { version: string; isWhole: boolean }

/** What no rollback takes back. */
const STAYS = `This puts code and vars back, and nothing else. Migrations stay: they only add, and the code before them works beside
them. So do data, secrets, queues, and what was delivered meanwhile; what waits in a queue that the code before does not know
is sent by the next sweeps. Data: npm run restore, or D1's Time Travel.`

/** Rolls an environment back. @throws CommandError where there is nothing to go back to. */
export async function rollBack(
  run: RunWrangler,
  say: (line: string) => void,
  env: string,
): Promise<void> {
  const target = readTarget(env)
  const list = ['deployments', 'list', '--json', '--env', env]
  const out = await mustRun(run, list, 'The deployments cannot be read')
  const deployments = readDeployments(JSON.parse(out.slice(Math.max(out.search(/^\[/m), 0))))
  const version = findBefore(deployments)
  if (version === undefined) {
    throw new CommandError(
      `There is no earlier deployment of ${target.worker} that was whole. npx wrangler rollback VERSION goes to any version of npx wrangler versions list.`,
    )
  }
  say(STAYS)
  const args = ['rollback', version, '--message', 'npm run rollback', '--yes', '--env', env]
  await mustRun(run, args, 'The rollback failed, and what ran before goes on running')
  say(`Version ${version} answers now. ${commandFor('deploy', target)} goes forward again.`)
}

function readDeployments(list: unknown): Deployed[] {
  return Deployments.parse(list)
    .toSorted((one, other) => one.created_on.localeCompare(other.created_on))
    .map(({ annotations, versions }) => ({
      version: versions[0]?.version_id ?? '',
      isWhole: (annotations?.['workers/message'] ?? '').startsWith(MARK),
    }))
}

/**
 * The version of the last whole deployment before the present one, of deployments from the oldest on. A rollback is none: from
 * where it led to, another one goes further back.
 */
function findBefore(deployments: Deployed[]): string | undefined {
  const present = deployments.at(-1)?.version
  const whole = deployments.filter(({ isWhole }) => isWhole).map(({ version }) => version)
  const at = whole.lastIndexOf(present ?? '')
  return whole.slice(0, at === -1 ? undefined : at).findLast((version) => version !== present)
}
