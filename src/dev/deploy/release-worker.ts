// Deploys the Worker with its secrets and its own names, and marks the deployment as whole once all of it is there.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { markOf, type Release } from './plan.ts'
import { CommandError } from '../provider/error.ts'
import type { RunWrangler } from '../provider/run-wrangler.ts'
import { withSecretsFile, type Secrets } from './secrets.ts'
import type { Target } from '../provider/target.ts'

/** Asked about names of endpoints where wrangler.toml has no resolver of its own. */
const DOH_URL = 'https://cloudflare-dns.com/dns-query'

const WORKERS_DEV_URL = /^https:\/\/([\w.-]+\.workers\.dev)$/

const Deployed = z.object({
  type: z.literal('deploy'),
  version_id: z.string(),
  targets: z.array(z.string()),
})

/**
 * Deploys once; and again where it has a name under workers.dev that was not known, which OWN_HOSTS has from then on. A run
 * that is cut off anywhere in it leaves no mark, so the next one deploys anew: schedule and consumers come last.
 * Answers all of its names.
 */
export async function releaseWorker(
  run: RunWrangler,
  target: Target,
  release: Release,
  wanted: { secrets: Secrets; ownHosts: string[] },
): Promise<string[]> {
  let hosts = wanted.ownHosts
  let deployed = await deployWith(run, target, hosts, wanted.secrets)
  const found = deployed.targets.flatMap((text) => WORKERS_DEV_URL.exec(text)?.[1] ?? [])
  const others = hosts.filter((host) => !host.endsWith('.workers.dev'))
  if (found.some((host) => !hosts.includes(host))) {
    hosts = [...others, ...found]
    deployed = await deployWith(run, target, hosts, {})
  }
  const mark = ['--message', markOf(release, hosts), '--yes', '--env', target.env]
  await must(run, ['versions', 'deploy', `${deployed.version_id}@100%`, ...mark])
  return hosts
}

function deployWith(run: RunWrangler, target: Target, hosts: string[], secrets: Secrets) {
  const vars = {
    OWN_HOSTS: hosts.join(','),
    DOH_URL: target.vars['DOH_URL'] || DOH_URL,
  }
  const given = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  const args = ['deploy', '--env', target.env, ...given]
  if (Object.keys(secrets).length === 0) return deployOnce(run, args)
  return withSecretsFile(secrets, (file) => deployOnce(run, [...args, '--secrets-file', file]))
}

async function deployOnce(run: RunWrangler, args: string[]): Promise<z.infer<typeof Deployed>> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
  const file = join(folder, 'told.ndjson')
  try {
    await must(run, args, { WRANGLER_OUTPUT_FILE_PATH: file })
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
    for (const line of lines) {
      const deployed = Deployed.safeParse(JSON.parse(line))
      if (deployed.success) return deployed.data
    }
    throw new CommandError('wrangler deployed and did not say where')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function must(
  run: RunWrangler,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { fault } = await run(args, env)
  if (fault !== undefined) throw new CommandError(fault)
}
