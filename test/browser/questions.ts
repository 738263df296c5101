// What asks before it is done, and that a double click on a slow line sends once.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, signedIn } from './visit.ts'

const SLOW_MS = 1500

/** One of “all events” and “only these” shows at a time, without scripts too. */
export async function choose(chromium: Browser, service: Service): Promise<void> {
  for (const javaScriptEnabled of [true, false]) {
    const options = { ...VIEWS.light, javaScriptEnabled }
    await signedIn(chromium, service, options, async (page) => {
      await page.goto(`${service.url}/dashboard/endpoints/new`)
      const box = page.getByLabel('call.busy')
      assert.equal(await box.isVisible(), false)
      await page.getByLabel('Only these').check()
      assert.equal(await box.isVisible(), true)
      assert.equal(await page.getByLabel('All events').isChecked(), false)
    })
  }
}

/** The questions fit a phone, and axe has nothing to object to. */
export async function ask(chromium: Browser, service: Service): Promise<void> {
  for (const [view, options] of Object.entries(VIEWS)) {
    await signedIn(chromium, service, options, async (page) => {
      await page.goto(`${service.url}/dashboard/endpoints`)
      await page.locator('.endpoints .row-link').first().click()
      const endpoint = page.url()
      for (const act of ['rotate', 'delete', 'status?status=disabled']) {
        await page.goto(`${endpoint}/${act}`)
        await inspect(page, `question-${act.replace(/\?.*/, '')}-${view}`)
      }
      await page.goto(`${service.url}/dashboard/settings`)
      await page
        .getByRole('link', { name: /^Revoke…/ })
        .first()
        .click()
      await inspect(page, `question-revoke-${view}`)
      await page.goto(`${service.url}/dashboard/deliveries`)
      const ids = await page
        .locator('[data-select]')
        .evaluateAll((boxes) => boxes.map((box) => `id=${box.getAttribute('value')}`))
      await page.goto(`${service.url}/dashboard/deliveries/redeliver?${ids.join('&')}`)
      await inspect(page, `question-redeliver-${view}`)
    })
  }
}

/** On a slow line a person clicks twice; what is sent once is the delivery, with scripts and without. */
export async function clickTwice(chromium: Browser, service: Service): Promise<void> {
  for (const javaScriptEnabled of [true, false]) {
    const id = await service.send('call.queued')
    await service.waitFor(id, { status: 'delivered' })
    await signedIn(chromium, service, { ...VIEWS.light, javaScriptEnabled }, async (page) => {
      await page.goto(`${service.url}/dashboard/deliveries/${id}`)
      await slowDown(page)
      const button = await page
        .getByRole('button', { name: 'Redeliver', exact: true })
        .boundingBox()
      for (let click = 0; click < 2; click += 1) {
        await page.mouse.click((button?.x ?? 0) + 9, (button?.y ?? 0) + 9)
        await page.waitForTimeout(SLOW_MS / 5)
      }
      await page.getByText('1 by hand').waitFor()
      await page.waitForTimeout(SLOW_MS * 2)
      await service.waitFor(id, { manual_retry_count: 1 })
      await page.unrouteAll({ behavior: 'wait' })
      await page.getByRole('button', { name: 'Redeliver', exact: true }).click()
      await page.getByText('2 by hand').waitFor()
    })
  }
}

async function slowDown(page: Page): Promise<void> {
  await page.route(/\/redeliver$/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    await route.continue().catch(() => undefined)
  })
}
