// Filters that a reader keeps: listed as links, names as they are, at most so many, removed again.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, signedIn } from './visit.ts'

const NAME = '<img src=x onerror=alert(1)> & "mine"'

/** What is kept is there after a reload, leads to its address, and is gone when it was removed. */
export async function keepFilters(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    const list = `${service.url}/dashboard/deliveries`
    await page.goto(`${list}?status=exhausted`)
    await keep(page, NAME)
    await page.goto(`${list}?status=delivered&range=7d`)
    await keep(page, 'Last week')
    await page.goto(list)
    assert.deepEqual(await kept(page), [NAME, 'Last week'])
    await page.getByRole('link', { name: 'Last week' }).click()
    await page.waitForURL(`${list}?status=delivered&range=7d`)
    await inspect(page, 'kept-filters')
    await page.getByRole('button', { name: `Remove the filter ${NAME}` }).click()
    assert.deepEqual(await kept(page), ['Last week'])
    await page.reload()
    assert.deepEqual(await kept(page), ['Last week'])
  })
}

/** Twenty at most; what else is kept under the same name is not read. */
export async function boundFilters(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries?status=pending`)
    for (let made = 1; made <= 20; made += 1) await keep(page, `Filter ${made}`)
    await page.getByLabel('Name for this filter').fill('One more')
    await page.getByRole('button', { name: 'Keep this filter' }).click()
    await page.getByText('20 filters can be kept: remove one first.').waitFor()
    assert.equal((await kept(page)).length, 20)
    for (const stored of ['x', '{}', '[1,null,{"name":"a","query":"javascript:alert(1)"}]']) {
      await page.evaluate(plant, stored)
      await page.reload()
      assert.deepEqual(await kept(page), [])
    }
  })
}

function plant(stored: string): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith('callingbox-filters-')) localStorage.setItem(key, stored)
  }
}

async function keep(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name for this filter').fill(name)
  await page.getByRole('button', { name: 'Keep this filter' }).click()
  await page.getByText(`Kept as ${name}, in this browser.`).waitFor()
}

function kept(page: Page): Promise<string[]> {
  return page.locator('[data-kept] a').allInnerTexts()
}
