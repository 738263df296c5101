// What `npm run destroy` takes away, and when it takes nothing.
import { beforeEach, describe, expect, it } from 'vitest'
import { destroy } from '../../../src/dev/deploy/destroy.ts'
import { Deployer, WORKER } from './deployer.ts'
import { fakeWrangler } from './fake-wrangler.ts'

const STAGING = `${WORKER}-staging`

let deployer: Deployer

beforeEach(async () => {
  deployer = new Deployer()
  await deployer.run()
  await deployer.run({ env: 'staging' })
  deployer.provider.takeWrites()
  deployer.said = []
})

function destroyStaging(confirm?: string, typed?: string): Promise<void> {
  const tools = {
    run: fakeWrangler(deployer.provider),
    say: (line: string) => void deployer.said.push(line),
    ask: () => Promise.resolve(typed),
    memory: deployer.memory,
  }
  return destroy(tools, 'staging', confirm)
}

describe('destroying an environment', () => {
  it('takes the Worker, its queues and its databases, and nothing of another environment', async () => {
    await destroyStaging(undefined, STAGING)
    const { databases, queues, workers } = deployer.provider.state()
    expect(Object.keys(workers)).toEqual([WORKER])
    expect(Object.keys(databases)).toEqual([WORKER])
    expect(Object.keys(queues)).toEqual(
      ['fresh', 'bulk', 'retry', 'dead'].map((role) => `${WORKER}-${role}`),
    )
  })

  it('takes nothing when the wrong name is typed, or nobody is there to type it', async () => {
    await expect(destroyStaging(undefined, WORKER)).rejects.toThrow('nothing was destroyed')
    await expect(destroyStaging('staging')).rejects.toThrow('nothing was destroyed')
    await expect(destroyStaging()).rejects.toThrow(`A script says --confirm ${STAGING}`)
    expect(deployer.provider.takeWrites()).toEqual([])
  })

  it('tells first what would go', async () => {
    await expect(destroyStaging()).rejects.toThrow('Nobody is here to type the name')
    expect(deployer.said).toContain(`- the database ${STAGING}, with all its data`)
  })

  it('says that nothing is there the second time', async () => {
    await destroyStaging(STAGING)
    deployer.provider.takeWrites()
    deployer.said = []
    await destroyStaging(STAGING)
    expect(deployer.said).toEqual([`Nothing of ${STAGING} (staging) is there.`])
    expect(deployer.provider.takeWrites()).toEqual([])
  })

  it('is repeated after a cut at any call, and ends the same', async () => {
    const calls = await countCalls()
    for (let at = 1; at <= calls; at += 1) {
      await deployer.run({ env: 'staging' })
      deployer.provider.cut({ at, when: at % 2 === 0 ? 'after' : 'before' })
      await destroyStaging(STAGING).catch(() => undefined)
      deployer.provider.cut(undefined)
      await destroyStaging(STAGING)
      expect([at, Object.keys(deployer.provider.state().queues).length]).toEqual([at, 4])
      expect([...deployer.provider.databases.keys()]).toEqual([WORKER])
    }
  })

  it('is followed by a deployment with new secrets', async () => {
    const before = deployer.secrets(STAGING)
    await destroyStaging(STAGING)
    await deployer.run({ env: 'staging' })
    const after = deployer.secrets(STAGING)
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(Object.values(after)).not.toEqual(Object.values(before))
  })
})

async function countCalls(): Promise<number> {
  deployer.provider.calls = []
  await destroyStaging(STAGING)
  return deployer.provider.calls.length
}
