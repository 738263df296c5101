// What a deployment makes of wrangler.toml: names of its own, above all.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EMPTY_ACCOUNT } from '../../../src/dev/provider/account.ts'
import { readTarget, type Target } from '../../../src/dev/provider/target.ts'
import { makePlan, type Step } from '../../../src/dev/deploy/plan.ts'

const DOMAIN = 'routes = [{ pattern = "hooks.example.com", custom_domain = true }]'

const folder = mkdtempSync(join(tmpdir(), 'target-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Of wrangler.toml with lines above its first table, as the README says. */
function readWith(lines: string): Target {
  const path = join(folder, 'wrangler.toml')
  const toml = readFileSync('wrangler.toml', 'utf8').replace('workers_dev = true\n', '')
  writeFileSync(path, `${lines}\n${toml}`)
  return readTarget('', path)
}

/** Of wrangler.toml as it is changed. */
function readEnv(env: string, change: (toml: string) => string): Target {
  const path = join(folder, 'wrangler.toml')
  writeFileSync(path, change(readFileSync('wrangler.toml', 'utf8')))
  return readTarget(env, path)
}

function addBare(toml: string): string {
  return `${toml}\n[env.bare]\nname = "bare"\n`
}

function deploymentOf(target: Target): Step | undefined {
  const release = { migrations: [], fingerprint: '' }
  const steps = makePlan(target, EMPTY_ACCOUNT, release, { isUnfinished: false })
  return steps.find(({ does }) => does === 'deploy')
}

describe('a domain of its own', () => {
  it('is among its own hosts from the first deployment on', () => {
    const target = readWith(`workers_dev = false\n${DOMAIN}`)
    expect(target.domains).toEqual(['hooks.example.com'])
    expect(deploymentOf(target)).toMatchObject({
      ownHosts: ['hooks.example.com'],
      isHostUnknown: false,
    })
  })

  it('is beside the name under workers.dev, which is known only once it is deployed', () => {
    expect(deploymentOf(readWith(`workers_dev = true\n${DOMAIN}`))).toMatchObject({
      ownHosts: ['hooks.example.com'],
      isHostUnknown: true,
    })
  })
})

describe('an environment of its own', () => {
  it.each(['callingbox-webhooks-staging', 'callingbox-webhooks-staging-bulk'])(
    'is refused where it has %s of production, from either side',
    (name) => {
      const share = (toml: string) =>
        toml.replaceAll(`"${name}"`, `"${name.replace('-staging', '')}"`)
      expect(() => readEnv('staging', share)).toThrow(
        /is of staging and of production: .* own names/,
      )
      expect(() => readEnv('', share)).toThrow(/is of production and of staging/)
    },
  )

  it('is refused with what it lacks', () => {
    expect(() => readEnv('bare', addBare)).toThrow(
      /^bare lacks in wrangler.toml.*: d1_databases, queues.producers, secrets\. .*copy \[env.staging\]/,
    )
    expect(readEnv('staging', addBare).env).toBe('staging')
  })
})
