// One zone a page: times, fields, charts and what is sent from them, in the reader's zone and in UTC.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { signedIn, signIn, visit } from './visit.ts'

const DARWIN = { ...VIEWS.light, timezoneId: 'Australia/Darwin', locale: 'en-GB' }

/** An instant in the reader's zone, UTC on hover; named in the frame, and switched for good. */
export async function switchZone(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, DARWIN, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    assert.equal(await page.locator('.zone [data-zone]').innerText(), 'Australia/Darwin')
    const at = new Date(await attribute(page, '.cell-created time', 'datetime'))
    const inUtc = `${at.toISOString().slice(0, 19)} UTC`.replace('T', ' ')
    assert.equal(await attribute(page, '.cell-created time', 'title'), inUtc)
    assert.match(await created(page), new RegExp(clock('Australia/Darwin').format(at)))

    await page.getByRole('button', { name: 'Show UTC' }).click()
    assert.match(await created(page), new RegExp(clock('UTC').format(at)))
    await page.reload()
    assert.equal(await page.locator('.zone [data-zone]').innerText(), 'UTC')
    assert.match(await created(page), new RegExp(clock('UTC').format(at)))
    await page.getByRole('button', { name: 'Show Australia/Darwin' }).click()
    assert.match(await created(page), new RegExp(clock('Australia/Darwin').format(at)))
  })
  await signedIn(chromium, service, { ...DARWIN, timezoneId: 'UTC' }, async (page) => {
    assert.equal(await page.locator('.zone [data-zone]').innerText(), 'UTC')
    assert.equal(await page.locator('[data-zone-switch]').isVisible(), false)
  })
}

/** What is typed is meant in the page's zone, and the address has it in UTC. */
export async function filterInZone(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, DARWIN, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries?from=2026-03-01T10:00:05`)
    const from = page.getByLabel('From (Australia/Darwin)')
    assert.equal(await from.inputValue(), '2026-03-01T19:30:05')
    await page.getByLabel('To (Australia/Darwin)').fill('2026-03-02T00:00')
    await page.locator('.between').getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/to=/)
    const sent = new URL(page.url()).searchParams
    assert.equal(sent.get('from'), '2026-03-01T10:00:05')
    assert.equal(sent.get('to'), '2026-03-01T14:30:00')

    await page.getByRole('button', { name: 'Show UTC' }).click()
    assert.equal(await page.getByLabel('From (UTC)').inputValue(), '2026-03-01T10:00:05')
    await page.getByLabel('To (UTC)').fill('2026-03-02T00:00')
    await page.locator('.between').getByRole('button', { name: 'Apply' }).click()
    await page.waitForURL(/to=2026-03-02T00%3A00/)
  })
}

/** An hour that comes twice in autumn is sent as the one that it was, as long as nobody changes it. */
export async function keepInstants(chromium: Browser, service: Service): Promise<void> {
  const options = { ...VIEWS.light, timezoneId: 'America/New_York' }
  for (const instant of ['2026-11-01T05:30:00', '2026-11-01T06:30:00']) {
    await signedIn(chromium, service, options, async (page) => {
      await page.goto(`${service.url}/dashboard/deliveries?from=${instant}`)
      const field = page.getByLabel('From (America/New_York)')
      assert.equal((await field.inputValue()).slice(0, 16), '2026-11-01T01:30')
      await page.getByLabel('To (America/New_York)').fill('2026-12-01T00:00')
      await page.locator('.between').getByRole('button', { name: 'Apply' }).click()
      await page.waitForURL(/to=/)
      assert.equal(new URL(page.url()).searchParams.get('from'), instant.slice(0, 16))
    })
  }
}

/** The hours of a chart are told in the page's zone, on hover and on its axis. */
export async function chartInZone(chromium: Browser, service: Service): Promise<void> {
  await visit(chromium, DARWIN, async (page) => {
    await signIn(page, service, service.weekKey)
    const tip = page.locator('.chart title').first()
    const at = new Date((await tip.getAttribute('data-at')) ?? '')
    const says = await tip.getAttribute('data-says')
    const text = (zone: string) =>
      new RegExp(`${clock(zone).format(at).slice(0, 5)}: ${String(says)}$`)
    assert.match((await tip.textContent()) ?? '', text('Australia/Darwin'))
    assert.match(await page.locator('.axis time').first().innerText(), /:30/)
    await page.getByRole('button', { name: 'Show UTC' }).click()
    assert.match((await tip.textContent()) ?? '', text('UTC'))
    assert.match(await page.locator('.axis time').first().innerText(), /:00/)
  })
}

async function attribute(page: Page, selector: string, name: string): Promise<string> {
  return (await page.locator(selector).first().getAttribute(name)) ?? ''
}

function created(page: Page): Promise<string> {
  return page.locator('.cell-created time').first().innerText()
}

function clock(timeZone: string): Intl.DateTimeFormat {
  const parts = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
  return new Intl.DateTimeFormat('en-GB', { timeZone, ...parts })
}
