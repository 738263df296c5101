// A deployment that is cut off at any call, and run again.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { Deployer } from './deployer.ts'

let deployer: Deployer

beforeEach(() => {
  deployer = new Deployer()
})

describe('a cut', () => {
  it('at any call leaves what a second run makes whole: nothing twice, no secret replaced', async () => {
    await deployer.run()
    const whole = deployer.provider.state()
    const count = deployer.provider.calls.length
    expect(count).toBeGreaterThan(30)
    for (let at = 1; at <= count; at += 1) {
      for (const when of ['before', 'after'] as const) await cutAt(at, when, whole)
    }
  })

  it('before the Worker is there leaves the secrets for the next run, for their owner’s eyes only', async () => {
    deployer.provider.cut({ at: /^put worker/, when: 'before' })
    await expect(deployer.run()).rejects.toThrow('Failed to deploy the Worker')
    const [name = ''] = readdirSync(deployer.memory)
    const file = join(deployer.memory, name)
    expect(statSync(file).mode & 0o077).toBe(0)
    const made: unknown = JSON.parse(readFileSync(file, 'utf8'))
    deployer.provider.cut(undefined)
    await deployer.run()
    expect(deployer.secrets()).toEqual(made)
  })

  it('says in a sentence what failed, what to do, and the command that goes on', async () => {
    deployer.provider.cut({ at: 8, when: 'before' })
    await expect(deployer.run()).rejects.toThrow(
      /^Failed to make the queue callingbox-webhooks-fresh: fetch failed\n.*Queues.* Then run npm run deploy again: it goes on from here\.$/,
    )
  })
})

/** Cuts a first deployment off, and deploys again: what is whole then, and what was told. */
async function cutAt(at: number, when: 'after' | 'before', whole: unknown): Promise<void> {
  deployer = new Deployer()
  const { provider } = deployer
  provider.cut({ at, when })
  const isCut = await deployer.run().then(
    () => false,
    () => true,
  )
  const where = `${when} ${provider.calls.at(-1)}`
  const secrets = deployer.secrets()
  provider.cut(undefined)
  if (isCut) await deployer.run()
  const keysTold = deployer.text.match(/^API key +sk_live_\S+$/gm)?.length
  const state = provider.state()
  expect({ where, state, keysTold, secrets: { ...deployer.secrets(), ...secrets } }).toEqual({
    where,
    state: whole,
    keysTold: 1,
    secrets: deployer.secrets(),
  })
  expect(readdirSync(deployer.memory)).toEqual([])
}
