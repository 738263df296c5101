// What is to be deployed, bundled and checked as wrangler deploys it, without asking the provider anything.
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Release } from './plan.ts'
import { mustRun, type RunWrangler } from '../provider/run-wrangler.ts'
import type { Target } from '../provider/target.ts'

/** Bundles it. @throws CommandError when wrangler does not like the code or wrangler.toml. */
export async function bundle(run: RunWrangler, { env }: Target): Promise<Release> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  try {
    const args = ['deploy', '--dry-run', '--outdir', folder, '--env', env]
    await mustRun(run, args, 'The Worker cannot be bundled')
    const hash = createHash('sha256').update(env).update(readFileSync('wrangler.toml'))
    // A source map is not run, and what is beside it names the folder.
    const names = readdirSync(folder).filter((name) => !/\.map$|^README\.md$/.test(name))
    for (const name of names.toSorted())
      hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)))
    return { migrations: readdirSync('migrations').toSorted(), fingerprint: hash.digest('hex') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
