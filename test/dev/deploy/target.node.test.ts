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
