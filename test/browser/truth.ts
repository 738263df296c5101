// What is said is what is: after Enable, of what is slow or waits, and of two attempts side by side.
import assert from 'node:assert/strict'
import type { Browser, Locator, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import { findWeek, type Service } from './service.ts'
import { signedIn, signIn, visit } from './visit.ts'

/** The open page that asks least often of these asks every 15 seconds. */
const TOLD_WITHIN_MS = 25_000

/** Enables what was disabled for days: no page that is open says it is, or that what it has is held. */
export async function enableOnOpenPages(chromium: Browser, service: Service): Promise<void> {
  const { 'endpoint-disabled': path = '' } = await findWeek(service)
  const id = path.split('/').at(-1)
  await visit(chromium, VIEWS.light, async (endpoint) => {
    await signIn(endpoint, service, service.weekKey)
    const open = async (address: string) => {
      const page = await endpoint.context().newPage()
      await page.goto(`${service.url}/dashboard${address}`)
      return page
    }
    const list = await open(`/deliveries?endpoint=${id}&status=pending`)
    const badges = [
      badgeOf(await open('/endpoints'), 'tr'),
      badgeOf(await open(''), '.attention li'),
    ]
    const held = list.locator('tbody .badge:text("Held")')
    assert.ok((await held.count()) > 9)
    const delivery = await open(
      new URL(
        (await list.locator('.row-link').first().getAttribute('href')) ?? '',
        service.url,
      ).pathname.replace('/dashboard', ''),
    )
    await endpoint.goto(`${service.url}/dashboard${path}`)
    for (const badge of badges) assert.equal(await badge.innerText(), 'Disabled')
    await endpoint.getByRole('button', { name: 'Enable' }).click()
    assert.match(await endpoint.locator('h1 .badge').innerText(), /^(Trying|Recovering)$/)
    await Promise.all([
      ...badges.map((badge) => isGone(badge.filter({ hasText: 'Disabled' }))),
      isGone(held.first()),
      isGone(delivery.locator('h1 .badge:text("Held")')),
      isGone(endpoint.locator('.latest .badge:text("Held")').first()),
    ])
    assert.equal(await held.count(), 0)
  })
}

function badgeOf(page: Page, line: string): Locator {
  return page.locator(line, { hasText: 'Voicemail' }).locator('.badge').first()
}

/** One that answers all, late; and of one that is being retried nothing counts as failed. */
export async function rateFairly(chromium: Browser, service: Service): Promise<void> {
  const week = await findWeek(service)
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.weekKey)
    await page.goto(`${service.url}/dashboard/endpoints`)
    await page.getByRole('link', { name: 'Call analytics' }).click()
    assert.equal(await page.locator('h1 .badge').innerText(), 'Slow')
    assert.match((await page.locator('h1 .badge').getAttribute('class')) ?? '', /wait/)
    assert.match(await figureOf(page, 'Success rate'), /100 %/)
    await page.goto(`${service.url}/dashboard${week['endpoint-mistyped']}`)
    assert.match(await figureOf(page, 'Success rate'), /^Success rate\s+–/)
    assert.match(await figureOf(page, 'Exhausted'), /^Exhausted\s+0\s+[1-9]\d* being retried/)
  })
}

function figureOf(page: Page, name: string): Promise<string> {
  return page.locator('.figures > *', { hasText: name }).first().innerText()
}

/** Whichever of the two stands first: red is what failed, green is what arrived. */
export async function colourByResult(
  chromium: Browser,
  service: Service,
  id: string,
): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    const told: Record<string, string> = {}
    for (const order of ['a=1&b=2', 'a=2&b=1']) {
      await page.goto(`${service.url}/dashboard/deliveries/${id}?${order}`)
      const cells = page.locator('.diff tr', { hasText: 'Result' }).locator('td')
      for (const cell of await cells.all()) {
        const colour = await cell.evaluate((element) => getComputedStyle(element).color)
        const word = await cell.innerText()
        assert.equal(told[word] ?? colour, colour, `${word} has one colour`)
        told[word] = colour
      }
    }
    const badge = page.locator('h1 .badge.ok')
    const green = await badge.evaluate((element) => getComputedStyle(element).color)
    assert.deepEqual(
      Object.keys(told).toSorted((a, b) => a.localeCompare(b)),
      ['delivered', 'HTTP 503'],
    )
    assert.equal(told['delivered'], green)
    assert.notEqual(told['HTTP 503'], green)
  })
}

async function isGone(what: Locator): Promise<void> {
  await what.waitFor({ state: 'detached', timeout: TOLD_WITHIN_MS })
}
