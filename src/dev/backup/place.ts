// Where a backup is taken or put: the databases of an environment in the account, or those of this machine.
import { DEFAULT_STATE } from '../databases.ts'
import { findRunning } from '../presence.ts'
import { CommandError } from '../provider/error.ts'

/** Which environment, and whether it is its local state. */
export type Place = { env: string; isLocal: boolean }

/** How wrangler is told: `--local` or `--remote`, and the environment. */
export function placeOf({ env, isLocal }: Place): string[] {
  return [isLocal ? '--local' : '--remote', '--env', env]
}

/** The command that restores a backup to where it is of. */
export function restoreCommand({ env, isLocal }: Place, folder: string): string {
  const flags = [...(isLocal ? ['--local'] : []), ...(env === '' ? [] : ['--env', env])]
  return ['npm run restore --', ...flags, '--from', folder].join(' ')
}

/**
 * An export reads one table after the other, and a restoration writes so: what a Worker writes meanwhile would be in some of them
 * only. @throws CommandError while `npm run dev` has the local state.
 */
export async function refuseWhileRunning({ isLocal }: Place): Promise<void> {
  const port = isLocal ? await findRunning(DEFAULT_STATE) : undefined
  if (port === undefined) return
  throw new CommandError(
    `npm run dev runs on ${DEFAULT_STATE}, at http://localhost:${port}, and nothing was done: stop it first.`,
  )
}
