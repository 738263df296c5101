// A session that ends under an open page: back to it, with what was typed or ticked, with and without scripts.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { signedIn } from './visit.ts'

/** An open page asks for news every few seconds. */
const NOTICED_WITHIN_MS = 20_000

/** The list keeps its ticks, the page of a delivery is found again without what it had asked for. */
export async function endUnderOpenPages(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries?status=delivered`)
    const box = page.locator('[data-select]').nth(1)
    const id = await box.getAttribute('value')
    await box.check()
    await page.fill('[type=search]', 'half a')
    await endSession(page)
    await page.waitForURL(/\/sign-in\?next=/, { timeout: NOTICED_WITHIN_MS })
    await signInAgain(page, service)
    await page.getByText('What you had typed or ticked is here again.').waitFor()
    assert.match(page.url(), /\/deliveries\?status=delivered$/)
    assert.equal(await page.locator(`[data-select][value="${id}"]`).isChecked(), true)
    assert.equal(await page.locator('[data-selected]').innerText(), '1 selected')
    assert.equal(await page.locator('[type=search]').inputValue(), 'half a')
    const address = `${service.url}/dashboard/deliveries/${id}`
    await page.goto(address)
    await endSession(page)
    await page.waitForURL(/\/sign-in\?next=/, { timeout: NOTICED_WITHIN_MS })
    await signInAgain(page, service)
    await page.locator('#delivery').waitFor()
    assert.equal(page.url(), address)
  })
}

/** A form that is sent too late is shown again as it was, and what it asks for is not done by itself. */
export async function endUnderForms(chromium: Browser, service: Service): Promise<void> {
  for (const javaScriptEnabled of [true, false]) {
    const options = { ...VIEWS.light, javaScriptEnabled }
    // The browser tells of the page that asks to sign in.
    await signedIn(chromium, service, options, (page) => sendTooLate(page, service), /401/)
  }
}

async function sendTooLate(page: Page, service: Service): Promise<void> {
  await page.goto(`${service.url}/dashboard/endpoints/new`)
  await page.fill('[name=url]', 'https://typed.example/a?b=c')
  await page.fill('[name=description]', 'Typed “before”')
  await page.getByLabel('Only these').check()
  await page.getByLabel('call.busy').check()
  await endSession(page)
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByText('what you sent was not done').waitFor()
  await signInAgain(page, service)
  assert.equal(await page.locator('[name=url]').inputValue(), 'https://typed.example/a?b=c')
  assert.equal(await page.locator('[name=description]').inputValue(), 'Typed “before”')
  assert.equal(await page.getByLabel('call.busy').isChecked(), true)
  assert.equal(await page.getByLabel('call.failed').isChecked(), false)
  await page.getByRole('link', { name: 'Endpoints' }).click()
  assert.equal(await page.getByText('Typed “before”').count(), 0, 'nothing was made')
}

async function endSession(page: Page): Promise<void> {
  await page.context().clearCookies()
}

async function signInAgain(page: Page, service: Service): Promise<void> {
  await page.fill('[name=key]', service.key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
