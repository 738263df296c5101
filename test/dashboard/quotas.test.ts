// What the dashboard tells of an organization's quotas.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { JOBS, runJobs } from '../../src/jobs.ts'
import { World, type Json } from '../world.ts'
import { Visitor } from './visitor.ts'

const HOUR = 3_600_000

let world: World
let visitor: Visitor
beforeEach(async () => {
  world = await World.create()
  visitor = await Visitor.signedIn(world)
})

async function setQuotas(quotas: Json): Promise<void> {
  await world.call('PATCH', `/admin/orgs/${world.orgId}`, { quotas }, { key: env.ADMIN_TOKEN })
}

async function sendAndJudge(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) await world.send()
  world.clock += HOUR / 6
  const jobs = JOBS.filter(({ name }) => name === 'roll_up' || name === 'quotas')
  await runJobs(await world.engine(), Math.floor(world.clock / HOUR) * HOUR, jobs)
}

describe('the settings', () => {
  it('show each quota with its use, in words and as a meter that has a name', async () => {
    await world.createEndpoint()
    await sendAndJudge(2)
    const { text } = await visitor.get('/settings')
    expect(text).toContain('<h2 id="quotas">Quotas</h2>')
    expect(text).toContain('at most 60,000')
    expect(text).toContain('2 of 86,400,000')
    expect(text).toContain('of 8 GB')
    expect(text).toContain('1 of 1,000')
    expect(text).toContain('2 of 4,000,000')
    expect(text.match(/<meter [^>]*aria-label="[^"]+"/g)).toHaveLength(5)
    expect(text).not.toContain('quota is used')
  })

  it('tell what is nearly used up, and by how much', async () => {
    await setQuotas({ keys: 1, events_per_day: 5 })
    await sendAndJudge(4)
    const { text } = await visitor.get('/settings')
    expect(text).toContain('A quota is used up: live api keys, 1 of 1.')
    expect(text).toContain('80 % of a quota is used: events today, in UTC, 4 of 5.')
  })
})

describe('the overview', () => {
  it('tells in red what is used up, and when it goes on', async () => {
    await world.createEndpoint()
    await setQuotas({ events_per_day: 2 })
    await sendAndJudge(2)
    const { text } = await visitor.get('')
    expect(text).toContain('A quota is used up: events today, in UTC, 2 of 2.')
    expect(text).toContain('Events are refused until midnight UTC.')
    expect(text).toContain('class="notice bad" role="alert"')
  })

  it('says nothing of quotas while there is room', async () => {
    await world.createEndpoint()
    await sendAndJudge(2)
    expect((await visitor.get('')).text).not.toContain('quota')
  })
})
