// Copying: the text as it is, said aloud; what the browser refuses is selected; without scripts no button.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, signedIn } from './visit.ts'

/** Ids, URLs, header values and the command, each whole and nothing else. */
export async function copyEach(chromium: Browser, service: Service, id: string): Promise<void> {
  const options = { ...VIEWS.light, permissions: ['clipboard-read', 'clipboard-write'] }
  await signedIn(chromium, service, options, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries/${id}`)
    assert.equal(await copied(page, 'event id'), id)
    const url = await page.locator('.facts dt:text("Destination") + dd [data-copied]').innerText()
    assert.equal(await copied(page, 'URL'), url)
    const header = page.locator('.headers .copyable').first()
    const what = (await header.locator('[data-copy]').getAttribute('data-copy')) ?? ''
    assert.match(what, /^value of \S/)
    assert.equal(await copied(page, what), await header.locator('[data-copied]').innerText())
    await page.getByText('As curl, signed').click()
    const command = await page.locator('#curl').evaluate((element) => element.textContent)
    assert.equal(await copied(page, 'Command'), command)
    await inspect(page, 'copied')
    await page.goto(`${service.url}/dashboard/settings/audit-log`)
    const whole = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
    assert.match(await copied(page, 'endpoint id'), whole)
  })
}

/** Where a page may not copy, what is to be copied is selected, whole, and it says what to do. */
export async function selectInstead(
  chromium: Browser,
  service: Service,
  id: string,
): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.addInitScript(refuse)
    await page.goto(`${service.url}/dashboard/deliveries/${id}`)
    await page.getByRole('button', { name: 'Copy event id' }).click()
    await page.getByText('It is selected: press Ctrl+C').waitFor()
    assert.equal(await page.evaluate(selected), id)
    await page.goto(`${service.url}/dashboard/settings/audit-log`)
    await page.getByRole('button', { name: 'Copy endpoint id' }).first().click()
    assert.match(await page.evaluate(selected), /^[0-9a-f-]{36}$/)
    await inspect(page, 'selected-instead')
    await page.goto(`${service.url}/dashboard/deliveries?status=delivered`)
    await page.getByRole('button', { name: 'Copy its address' }).click()
    assert.equal(await page.evaluate(selected), page.url())
  })
}

/** A page that cannot copy offers no button for it. */
export async function offerNoCopy(chromium: Browser, service: Service, id: string): Promise<void> {
  await signedIn(chromium, service, { ...VIEWS.light, javaScriptEnabled: false }, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries/${id}`)
    assert.ok((await page.locator('[data-copy]').count()) > 5)
    assert.equal(await page.locator('[data-copy]:visible').count(), 0)
  })
}

/** What the first button of that name puts on the clipboard, once it is said. */
async function copied(page: Page, what: string): Promise<string> {
  await page
    .getByRole('button', { name: `Copy ${what}`, exact: true })
    .first()
    .click()
  await page.getByRole('status').getByText(`Copied: ${what}.`).waitFor()
  return page.evaluate(() => navigator.clipboard.readText())
}

function refuse(): void {
  Object.defineProperty(navigator.clipboard, 'writeText', {
    value: () => Promise.reject(new DOMException('no', 'NotAllowedError')),
  })
}

function selected(): string {
  return String(getSelection())
}
