// Builds the Worker the way a deployment does.
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The repository's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

// The script behind `bin/wrangler.js`, which would only start it as a child.
const WRANGLER = fileURLToPath(import.meta.resolve('wrangler'))

const BUILD_WITHIN_MS = 60_000

/** A module as the runtime takes it; `path` is absolute. */
export type BundledModule = { type: 'ESModule' | 'Text'; path: string }

/**
 * Writes the bundle that `wrangler deploy` would upload into `outDir`; the entry comes first. `root` is
 * another worktree, when it is about another release.
 */
export async function buildBundle(
  outDir: string,
  entry: string,
  root = ROOT,
): Promise<BundledModule[]> {
  const args = ['deploy', join(root, entry), '--dry-run', '--outdir', outDir]
  await promisify(execFile)(process.execPath, ['--no-warnings', WRANGLER, ...args], {
    cwd: root,
    timeout: BUILD_WITHIN_MS,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  const files = await readdir(outDir)
  const script = files.find((name) => name.endsWith('.js') && files.includes(`${name}.map`))
  if (script === undefined) throw new Error(`wrangler wrote no script: ${files.join(', ')}`)
  const assets = files.filter((name) => ![script, `${script}.map`, 'README.md'].includes(name))
  return [
    { type: 'ESModule', path: join(outDir, script) },
    ...assets.map((name) => ({ type: 'Text' as const, path: join(outDir, name) })),
  ]
}
