// A portal link: it signs in once, what it may do shapes what is offered, and whoever made it can end it.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, signedIn, visit } from './visit.ts'

/** The page that is open asks every few seconds. */
const TOLD_WITHIN_MS = 20_000

const Link = z.object({ url: z.string() })

/** Who may look is offered nothing; who may operate is, but no secret, no key and no change. */
export async function openLinks(chromium: Browser, service: Service): Promise<void> {
  const id = await service.send('call.completed')
  await service.waitFor(id, { status: 'delivered' })
  for (const scopes of [['read'], ['read', 'operate']]) {
    const link = await makeLink(service, scopes)
    await visit(chromium, VIEWS.light, (page) => lookAround(page, service, { link, id, scopes }))
  }
}

type Visited = { link: string; id: string; scopes: string[] }

async function lookAround(page: Page, service: Service, { link, id, scopes }: Visited) {
  const mayOperate = scopes.includes('operate')
  await page.goto(link)
  await inspect(page, `portal-${scopes.join('-')}`)
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  assert.equal(await page.getByRole('link', { name: 'Settings' }).count(), 0)
  await page.goto(`${service.url}/dashboard/deliveries/${id}`)
  const redeliver = page.getByRole('button', { name: 'Redeliver' })
  assert.equal(await redeliver.count(), mayOperate ? 1 : 0)
  await page.goto(`${service.url}/dashboard/endpoints`)
  await page.locator('.endpoints .row-link').first().click()
  const offered = (await page.locator('main').getByRole('link').allInnerTexts()).join('\n')
  assert.equal(offered.includes('Send a test event'), mayOperate)
  assert.doesNotMatch(offered, /Rotate|Disable|Delete/)
  assert.doesNotMatch(await page.locator('main').innerText(), /whsec_/)
}

/** The second time it leads nowhere, with what to do; the first one's session ends when it is ended. */
export async function endLinks(chromium: Browser, service: Service): Promise<void> {
  const link = await makeLink(service, ['read'])
  await visit(chromium, VIEWS.light, async (guest) => {
    await guest.goto(link)
    await guest.getByRole('button', { name: 'Open' }).click()
    await guest.getByRole('heading', { name: 'Overview' }).waitFor()
    await guest.goto(`${service.url}/dashboard/deliveries`)
    // The browser tells of the page that says so.
    await visit(chromium, VIEWS.light, (late) => comeLate(late, link), /410/)
    await signedIn(chromium, service, VIEWS.light, (page) => endOthers(page, service))
    await guest.waitForURL(/\/sign-in/, { timeout: TOLD_WITHIN_MS })
    await guest.getByText('If a link brought you here, ask for a new one.').waitFor()
  })
}

async function comeLate(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByRole('heading', { name: 'This link was used already.' }).waitFor()
  await inspect(page, 'portal-used')
}

async function endOthers(page: Page, service: Service): Promise<void> {
  await page.goto(`${service.url}/dashboard/settings`)
  const others = page.locator('section:has(#sessions) li', { hasText: 'Portal link' })
  for (let left = await others.count(); left > 0; left -= 1) {
    assert.match(await others.first().innerText(), /may read( and operate)?\b/)
    await others.first().getByRole('button', { name: /^End/ }).click()
    await page.getByText('Ended. Whoever it was is signed out.').waitFor()
  }
}

async function makeLink({ call }: Service, scopes: string[]): Promise<string> {
  return Link.parse(await call('POST', '/v1/portal_links', { scopes })).url
}
