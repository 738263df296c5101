// An endpoint's page tells how it has fared, what was done to it meanwhile, and which secrets sign for it.
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/db/ids.ts'
import { World, type Json } from '../world.ts'
import { textOf, Visitor } from './visitor.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let world: World
let visitor: Visitor
let id = ''
beforeEach(async () => {
  world = await World.create()
  world.clock += 10 * DAY
  visitor = await Visitor.signedIn(world)
  id = (await world.createEndpoint()).body.id
  world.clock += HOUR
})

/** A session is over before some of these days are. */
async function page(query = ''): Promise<string> {
  await visitor.signIn(world.key)
  return textOf((await visitor.get(`/endpoints/${id}${query}`)).text)
}

/** The words of the marks on each chart, in the order of the drawing. */
function marksOn(html: string): string[][] {
  const charts = html.split('<svg').slice(1, 4)
  return charts.map((chart) =>
    [...chart.matchAll(/class="mark (\w+)"[^>]*><title data-at="[^"]*" data-says="([^"]*)"/g)].map(
      ([, kind, says]) => `${kind}: ${says}`,
    ),
  )
}

/** The list of what was done, each line with who did it. */
function listOn(html: string): string[] {
  const [, list = ''] = /id="moments">([\s\S]*?)<\/section>/.exec(html) ?? []
  return [...list.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, line = '']) =>
    withoutTags(line).replace(/Key \w+/, 'Key …'),
  )
}

/** What is left of it without times and the buttons that copy, too. */
function withoutTags(html: string): string {
  const shown = html.replaceAll(/<time[\s\S]*?<\/time>/g, '')
  const text = shown
    .replaceAll(/<button[^>]* data-copy=.*?<\/button>/gs, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
  return text.replaceAll(/\s+/g, ' ').trim()
}

async function patch(changes: Json): Promise<void> {
  await world.call('PATCH', `/v1/webhook_endpoints/${id}`, changes)
  world.clock += 60_000
}

/** An entry of the log that nobody asked for. */
async function logDisabling(at: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO audit_log VALUES (?, ?, 'system', 'endpoint.disable', 'endpoint', ?, NULL, 'system', '{}', ?)`,
  )
    .bind(world.orgId, newId(at), id, at)
    .run()
}

describe('what was done to an endpoint', () => {
  it('is marked on each chart, said to who does not see it, and listed with who did it', async () => {
    await patch({ status: 'disabled' })
    await patch({ status: 'enabled', url: 'https://receiver.example/elsewhere' })
    await visitor.post(`/endpoints/${id}/rotate`, { overlap: '3600' })
    const html = await page()
    const marks = ['plain: Secret rotated', 'plain: Enabled', 'plain: URL changed', 'bad: Disabled']
    expect(marksOn(html)).toEqual([marks, marks, marks])
    expect(html).toMatch(
      /aria-label="Success rate: [^"]*Marked: Secret rotated, Enabled, URL changed/,
    )
    expect(listOn(html)).toEqual([
      'Secret rotated Key … in the dashboard',
      'Enabled Key …',
      'URL changed Key …',
      'Disabled Key …',
    ])
  })

  it('is told apart by whether a person or the service has done it', async () => {
    await logDisabling(world.clock - HOUR)
    expect(marksOn(await page())[0]).toEqual(['bad: Disabled automatically'])
    expect(listOn(await page())).toEqual(['Disabled automatically'])
  })

  it('is said as far as entries tell that are older than the word for it', async () => {
    await patch({ status: 'disabled' })
    await env.DB.exec(`UPDATE audit_log SET details = json_remove(details, '$.status')`)
    expect(listOn(await page())[0]).toContain('Enabled or disabled')
  })

  it('is of the days that are shown, and of this endpoint', async () => {
    await patch({ status: 'disabled' })
    const { body: other } = await world.createEndpoint({ url: 'https://other.example/' })
    await world.call('POST', `/v1/webhook_endpoints/${other.id}/rotate_secret`)
    world.clock += 2 * DAY
    expect(listOn(await page())).toEqual([])
    expect(await page()).toContain('Meanwhile nobody has disabled or enabled it')
    expect(listOn(await page('?days=7'))).toHaveLength(1)
    expect(marksOn(await page('?days=7'))[2]).toEqual(['bad: Disabled'])
    world.clock += 6 * DAY
    expect(listOn(await page('?days=7'))).toEqual([])
  })

  it('names on top who has disabled it by hand, the last time', async () => {
    await visitor.post(`/endpoints/${id}/status`, { status: 'disabled' })
    await patch({ status: 'enabled' })
    world.clock += HOUR
    await patch({ status: 'disabled' })
    const notice = /Disabled by hand on [^]*?Its pending/
    expect(withoutTags(notice.exec(await page())?.[0] ?? '')).toMatch(
      /on \( ?Key \w{8} \)\. Its pending$/,
    )
    world.clock += 8 * DAY
    expect(withoutTags(notice.exec(await page())?.[0] ?? '')).not.toContain('Key')
  })

  it('is not said of a change of anything else, nor of the same again', async () => {
    await patch({ description: 'Another' })
    await patch({ status: 'enabled' })
    expect(listOn(await page())).toEqual([])
  })

  it('is no other organization’s (X1)', async () => {
    await patch({ status: 'disabled' })
    await env.DB.prepare(
      `UPDATE audit_log SET org_id = 'other' WHERE action = 'endpoint.update'`,
    ).run()
    expect(listOn(await page())).toEqual([])
  })
})

describe('an endpoint’s figures', () => {
  it('are of the day or of the week, as the switch says', async () => {
    await world.deliver()
    await world.drain()
    expect(await page()).toMatch(/<dt>Deliveries<\/dt><dd class="value">1</)
    expect(await page()).toContain('Answer time, p95')
    world.clock += 2 * DAY
    expect(await page()).toMatch(/<dt>Deliveries<\/dt><dd class="value">0</)
    expect(await page('?days=7')).toMatch(/<dt>Deliveries<\/dt><dd class="value">1</)
    expect(await page('?days=7')).toMatch(/<a href="[^"]*\?days=7" aria-current="page"/)
  })
})

describe('which secrets sign', () => {
  it('is said with their age, and of an old one until when, without a secret', async () => {
    expect(await page()).toContain('Each request has one signature')
    expect(await page()).toMatch(/The present secret<\/span><span[^>]*>1 h old/)
    await world.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, {
      overlap_seconds: 86_400,
    })
    world.clock += 2 * HOUR
    const html = await page()
    expect(html).toContain('Each request has 2 signatures')
    expect(html).toMatch(/The present secret<\/span><span[^>]*>2 h old/)
    expect(html).toMatch(/An old secret<\/span><span[^>]*>3 h old/)
    expect(html).toMatch(/which is <time[^>]*>in 22 h</)
    expect(html).not.toContain('whsec_')
    world.clock += DAY
    expect(await page()).toContain('Each request has one signature')
  })
})
