// What a deployment refuses, and in which words: bad secrets, bad credentials, a Worker that is not well.
import { beforeEach, describe, expect, it } from 'vitest'
import type { RunWrangler } from '../../../src/dev/provider/run-wrangler.ts'
import { Deployer, WORKER } from './deployer.ts'
import { fakeWrangler } from './fake-wrangler.ts'

let deployer: Deployer

beforeEach(() => {
  deployer = new Deployer()
})

describe('secrets that the environment gives', () => {
  it('are taken', async () => {
    const ADMIN_TOKEN = 'a'.repeat(43)
    await deployer.run({}, { given: { ADMIN_TOKEN } })
    expect(deployer.secrets()['ADMIN_TOKEN']).toBe(ADMIN_TOKEN)
  })

  const WRONG: [name: string, value: string, why: string][] = [
    ['ADMIN_TOKEN', 'short', 'ADMIN_TOKEN must be 43 or more characters'],
    ['API_KEY_PEPPER', 'short', 'API_KEY_PEPPER must have 43 or more characters'],
    ['SECRETS_KEYS', 'k1:c2hvcnQ=', 'SECRETS_KEYS'],
  ]

  it.each(WRONG)('are refused when %s will not do, before anything is there', async (...wrong) => {
    const [name, value, why] = wrong
    const refused = deployer.run({}, { given: { [name]: value } })
    await expect(refused).rejects.toThrow(why)
    await expect(refused).rejects.not.toThrow(value)
    const { workers, databases, queues } = deployer.provider
    expect([workers.size, databases.size, queues.size]).toEqual([0, 0, 0])
  })

  it.each(WRONG)('are looked at by a dry run, too: %s', async (...wrong) => {
    const [name, value, why] = wrong
    const refused = deployer.run({ isDryRun: true }, { given: { [name]: value } })
    await expect(refused).rejects.toThrow(why)
    await expect(refused).rejects.not.toThrow(value)
  })

  it('do not replace those that are there', async () => {
    await deployer.run()
    const secrets = deployer.secrets()
    await deployer.run({}, { given: { ADMIN_TOKEN: 'b'.repeat(43) } })
    expect(deployer.secrets()).toEqual(secrets)
  })
})

describe('a machine that knows nothing of a half deployment', () => {
  it('asks for the operator’s token, and makes the key with it', async () => {
    await deployer.run()
    const token = deployer.secrets()['ADMIN_TOKEN'] ?? ''
    deployer.provider.findDatabase(WORKER).sql.exec('DELETE FROM api_keys')
    await expect(deployer.run()).rejects.toThrow(/put it into the environment as ADMIN_TOKEN/)
    await expect(deployer.run({}, { given: { ADMIN_TOKEN: 'c'.repeat(43) } })).rejects.toThrow(
      /does not know this ADMIN_TOKEN/,
    )
    deployer.said = []
    await deployer.run({}, { given: { ADMIN_TOKEN: token } })
    expect(deployer.text).toMatch(/sk_live_/)
    expect(deployer.text).not.toContain(token)
  })
})

describe('credentials', () => {
  it.each([
    ['necessary to set a CLOUDFLARE_API_TOKEN environment variable', /^No credentials/],
    ['fetch failed', /^No network/],
    ['Authentication error [code: 10000]', /refused the credentials: .*CLOUDFLARE_API_TOKEN/],
  ])('that fail with "%s" are explained, and nothing is called', async (fault, words) => {
    await expect(deployer.run({}, { run: failing(fault) })).rejects.toThrow(words)
    expect(deployer.provider.calls).toEqual([])
  })

  it('that are wrong fail a dry run, too', async () => {
    const run = failing('Authentication error [code: 10000]')
    await expect(deployer.run({ isDryRun: true }, { run })).rejects.toThrow(/refused/)
  })

  it.each(['set a CLOUDFLARE_API_TOKEN environment variable', 'fetch failed'])(
    'are not needed for a dry run: with "%s" it tells the plan for an account with nothing in it',
    async (fault) => {
      await deployer.run({ isDryRun: true }, { run: failing(fault) })
      expect(deployer.said).toContain(`1. make the database ${WORKER}`)
    },
  )
})

/** A wrangler that bundles, and reaches nobody. */
function failing(fault: string): RunWrangler {
  const inner = fakeWrangler(deployer.provider)
  return (args) => (args[0] === 'deploy' ? inner(args) : Promise.resolve({ out: '', fault }))
}

function answerSick(): Promise<Response> {
  return Promise.resolve(Response.json({ status: 'sweep_late' }, { status: 503 }))
}

describe('a Worker that is not well', () => {
  it('is waited for, and then told of', async () => {
    let waited = 0
    const wait = (ms: number) => {
      waited += ms
      return Promise.resolve()
    }
    await expect(deployer.run({}, { fetch: answerSick, wait })).rejects.toThrow(/sweep_late/)
    expect(waited).toBeGreaterThanOrEqual(180_000)
  })
})
