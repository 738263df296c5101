// Starts and ends the runtime, and ticks its cron.
import { randomBytes } from 'node:crypto'
import type { BundledModule } from './bundle.ts'
import { startChild, type Child } from './child.ts'

const READY_WITHIN_MS = 60_000
const TICK_WITHIN_MS = 60_000

/**
 * What to run: the bundle, the folder that D1 is kept in, and vars that override wrangler.toml's. `root` is
 * another worktree, when the bundle is another release's: with its wrangler.toml and its migrations.
 */
export type RuntimeOptions = {
  modules: BundledModule[]
  persistTo: string
  vars: Record<string, string>
  root?: string | undefined
}

/** Where it listens: straight into the Worker; through Miniflare's own door; for a debugger. */
export type RuntimeAddress = { url: string; entryUrl: string; inspectorUrl: string }

/** A runtime under way. */
export type Runtime = Child<RuntimeAddress>

/** Secrets made up for one run, and leave to send to this machine. */
export function localVars(): Record<string, string> & { ADMIN_TOKEN: string } {
  return {
    ADMIN_TOKEN: randomBytes(32).toString('base64url'),
    API_KEY_PEPPER: randomBytes(32).toString('hex'),
    SECRETS_KEYS: `local:${randomBytes(32).toString('base64')}`,
    ALLOW_HTTP_ENDPOINTS: 'true',
  }
}

/** Starts the runtime on a migrated database. */
export function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  return startChild(new URL('./runtime-process.ts', import.meta.url), options, READY_WITHIN_MS)
}

/** Fires the cron once and waits for it: locally nothing else does. */
export async function tickCron({ address }: Runtime): Promise<void> {
  const response = await fetch(`${address.entryUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`, {
    signal: AbortSignal.timeout(TICK_WITHIN_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the cron answered ${response.status}: ${text}`)
}
