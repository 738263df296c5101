// Which deployment `npm run rollback` goes back to.
import { beforeEach, describe, expect, it } from 'vitest'
import { rollBack } from '../../../src/dev/deploy/rollback.ts'
import { Deployer, WORKER } from './deployer.ts'
import { fakeWrangler } from './fake-wrangler.ts'

let deployer: Deployer

beforeEach(() => {
  deployer = new Deployer()
})

/** Deploys something else than what is there. */
async function deployAnew(): Promise<string> {
  const worker = deployer.provider.workers.get(WORKER)
  deployer.provider.deployVersion(WORKER, running(), 'not by a deployment of ours')
  await deployer.run()
  expect(worker?.deployments.at(-1)?.message).toMatch(/^npm run deploy /)
  return running()
}

function running(): string {
  return deployer.provider.workers.get(WORKER)?.deployments.at(-1)?.versionId ?? ''
}

function goBack(): Promise<void> {
  const say = (line: string) => void deployer.said.push(line)
  return rollBack(fakeWrangler(deployer.provider), say, '')
}

describe('a rollback', () => {
  it('goes to the whole deployment before, and with each further one another back', async () => {
    await deployer.run()
    const first = running()
    const second = await deployAnew()
    const third = await deployAnew()
    expect(new Set([first, second, third]).size).toBe(3)
    await goBack()
    expect(running()).toBe(second)
    await goBack()
    expect(running()).toBe(first)
    await expect(goBack()).rejects.toThrow('There is no earlier deployment')
    expect(running()).toBe(first)
  })

  it('says what it leaves as it is', async () => {
    await deployer.run()
    await deployAnew()
    deployer.said = []
    await goBack()
    expect(deployer.text).toMatch(/Migrations stay.*data/s)
  })

  it('goes back from what was deployed otherwise to the last whole one', async () => {
    await deployer.run()
    const whole = running()
    const { id } = deployer.provider.addVersion(WORKER, { vars: {}, secrets: {} })
    deployer.provider.deployVersion(WORKER, id, 'by hand')
    await goBack()
    expect(running()).toBe(whole)
  })

  it('says without credentials what a deployment says', async () => {
    const fault = `it's necessary to set a CLOUDFLARE_API_TOKEN environment variable`
    const refused = rollBack(
      () => Promise.resolve({ out: '', fault }),
      () => undefined,
      '',
    )
    await expect(refused).rejects.toThrow(/^No credentials: run npx wrangler login/)
  })

  it('is followed by a deployment that goes forward again', async () => {
    await deployer.run()
    await deployAnew()
    await goBack()
    const back = running()
    await deployer.run()
    expect(running()).not.toBe(back)
  })
})
