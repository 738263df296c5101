// A deployment, on an account in memory: from nothing, when all is there, and two environments side by side.
import { existsSync, readdirSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RunWrangler } from '../../../src/dev/provider/run-wrangler.ts'
import { Deployer, WORKER } from './deployer.ts'
import { fakeWrangler } from './fake-wrangler.ts'

let deployer: Deployer

beforeEach(() => {
  deployer = new Deployer()
})

/** Notes each command as it is run. */
function noting(commands: string[]): RunWrangler {
  const inner = fakeWrangler(deployer.provider)
  return (args, env) => {
    commands.push(args.join(' '))
    return inner(args, env)
  }
}

describe('a deployment to an account with nothing in it', () => {
  it('makes what the plan says, in its order', async () => {
    await deployer.run({ isDryRun: true })
    expect(deployer.provider.takeWrites()).toEqual([])
    const planned = deployer.said
      .filter((line) => /^\d+\. /.test(line))
      .map((line) => line.slice(3))
    deployer.said = []
    await deployer.run()
    expect(
      deployer.said.filter((line) => line.startsWith('… ')).map((line) => line.slice(2)),
    ).toEqual(planned)
    const writes = deployer.provider.takeWrites().filter((call) => !call.startsWith('query'))
    expect(writes).toEqual([
      `create database ${WORKER}`,
      ...['fresh', 'bulk', 'retry', 'dead'].map((role) => `create queue ${WORKER}-${role}`),
      `put worker ${WORKER}`,
      ...AFTER_UPLOAD,
      `upload version of ${WORKER}`,
      `deploy version of ${WORKER}`,
      ...AFTER_UPLOAD,
      `deploy version of ${WORKER}`,
      'POST /admin/orgs',
      'POST /admin/orgs/{id}/api_keys',
    ])
  })

  it('tells the URL, the dashboard, the key and the operator’s token once, and no other secret', async () => {
    await deployer.run()
    const text = deployer.text
    const { ADMIN_TOKEN = '', API_KEY_PEPPER = '', SECRETS_KEYS = '' } = deployer.secrets()
    expect(text).toContain(`https://${WORKER}.example.workers.dev/dashboard`)
    expect(text.match(/sk_live_\S+/g)).toHaveLength(1)
    expect(text.split(ADMIN_TOKEN)).toHaveLength(2)
    for (const secret of [API_KEY_PEPPER, SECRETS_KEYS, SECRETS_KEYS.split(':')[1] ?? '']) {
      expect(secret).not.toBe('')
      expect(text).not.toContain(secret)
    }
  })

  it('makes secrets of 43 characters or more, which no command line has', async () => {
    const commands: string[] = []
    await deployer.run({}, { run: noting(commands) })
    const secrets = Object.values(deployer.secrets())
    expect(secrets).toHaveLength(3)
    expect(secrets.filter((secret) => secret.length < 43)).toEqual([])
    expect(secrets.filter((secret) => commands.join('\n').includes(secret))).toEqual([])
    const files = commands.flatMap((line) => / --secrets-file (\S+)/.exec(line)?.[1] ?? [])
    expect(files).toHaveLength(1)
    expect(files.filter((file) => existsSync(file))).toEqual([])
  })

  it('sets OWN_HOSTS to its own name and DOH_URL to a resolver', async () => {
    await deployer.run()
    expect(deployer.provider.state().workers[WORKER]).toMatchObject({
      vars: {
        OWN_HOSTS: `${WORKER}.example.workers.dev`,
        DOH_URL: 'https://cloudflare-dns.com/dns-query',
      },
    })
  })
})

const AFTER_UPLOAD = [
  `enable URL of ${WORKER}`,
  `schedule ${WORKER}`,
  ...['fresh', 'bulk', 'retry', 'dead'].map((role) => `consume ${WORKER}-${role}`),
]

describe('a second run', () => {
  it('changes nothing, and says so', async () => {
    await deployer.run()
    deployer.provider.takeWrites()
    deployer.said = []
    await deployer.run()
    expect(deployer.provider.takeWrites()).toEqual([])
    expect(deployer.said).toContain('Nothing to change: all is there, and as it is here.')
    expect(deployer.text).not.toMatch(/sk_live_|ADMIN_TOKEN/)
    expect(readdirSync(deployer.memory)).toEqual([])
  })

  it('deploys again what somebody has deployed otherwise, with the secrets as they are', async () => {
    await deployer.run()
    const secrets = deployer.secrets()
    const versions = deployer.provider.workers.get(WORKER)?.versions ?? []
    deployer.provider.deployVersion(WORKER, versions.at(-1)?.id ?? '', 'by hand')
    deployer.provider.takeWrites()
    await deployer.run()
    expect(deployer.provider.takeWrites()).toEqual([
      `upload version of ${WORKER}`,
      `deploy version of ${WORKER}`,
      ...AFTER_UPLOAD,
      `deploy version of ${WORKER}`,
    ])
    expect(deployer.secrets()).toEqual(secrets)
  })

  it('tells a token that it had to make anew', async () => {
    await deployer.run()
    deployer.provider.workers.get(WORKER)?.secrets.delete('ADMIN_TOKEN')
    deployer.said = []
    await deployer.run()
    expect(deployer.text).toContain(`ADMIN_TOKEN     ${deployer.secrets()['ADMIN_TOKEN']}\n`)
    expect(deployer.text).not.toMatch(/sk_live_/)
  })

  it('makes what has gone, alone', async () => {
    await deployer.run()
    const secrets = deployer.secrets()
    deployer.provider.queues.delete(`${WORKER}-dead`)
    deployer.provider.workers.get(WORKER)?.secrets.delete('API_KEY_PEPPER')
    deployer.provider.takeWrites()
    await deployer.run()
    expect(deployer.provider.takeWrites().slice(0, 2)).toEqual([
      `create queue ${WORKER}-dead`,
      `upload version of ${WORKER}`,
    ])
    expect(deployer.secrets()).toMatchObject({
      ADMIN_TOKEN: secrets['ADMIN_TOKEN'],
      SECRETS_KEYS: secrets['SECRETS_KEYS'],
    })
    expect(deployer.secrets()['API_KEY_PEPPER']).toMatch(/^[\da-f]{64}$/)
    await deployer.run()
    expect(deployer.text.match(/sk_live_/g)).toHaveLength(1)
  })
})

describe('two environments', () => {
  it('stand side by side: what is one’s is not the other’s', async () => {
    await deployer.run()
    const before = deployer.provider.state()
    await deployer.run({ env: 'staging' })
    const after = deployer.provider.state()
    expect(Object.keys(after.workers)).toEqual([WORKER, `${WORKER}-staging`])
    expect(Object.keys(after.databases)).toHaveLength(2)
    expect(Object.keys(after.queues)).toHaveLength(8)
    expect(after.workers[WORKER]).toEqual(before.workers[WORKER])
    expect(deployer.secrets()['ADMIN_TOKEN']).not.toBe(
      deployer.secrets(`${WORKER}-staging`)['ADMIN_TOKEN'],
    )
    deployer.provider.takeWrites()
    await deployer.run()
    await deployer.run({ env: 'staging' })
    expect(deployer.provider.takeWrites()).toEqual([])
  })

  it('are told where one is asked for that there is not, and nothing is called', async () => {
    await expect(deployer.run({ env: 'nowhere' })).rejects.toThrow(
      'There is no environment "nowhere" in wrangler.toml. There are: staging; and production, without --env.',
    )
    expect(deployer.provider.calls).toEqual([])
  })
})
