// Three in the morning: an endpoint was down for six hours, and its owner sees to it that nothing is missing.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import { startReceiver } from './receiver.ts'
import type { Service } from './service.ts'
import { inspect, signIn, visit } from './visit.ts'

const DONE_WITHIN_MS = 120_000

/** Tells from an endpoint's page on: mended, planned, started, watched, done. */
export async function recover(chromium: Browser, service: Service): Promise<void> {
  const receiver = await startReceiver()
  try {
    await visit(chromium, VIEWS.light, async (page) => {
      await signIn(page, service, service.weekKey)
      await page.goto(`${service.url}/dashboard/endpoints`)
      await page.getByRole('link', { name: 'Scheduling' }).click()
      await page.locator('h1 .badge.bad:text("Failing")').waitFor()
      const total = await plan(page, receiver.url)
      await watch(page, total)
      const ids = receiver.taken.map(({ id }) => id)
      assert.equal(new Set(ids).size, total, 'none is missing')
      assert.equal(ids.length, total, 'none came twice')
      await page.locator('a', { hasText: 'Replays' }).first().click()
      await page.getByRole('link', { name: `${total} deliveries` }).waitFor()
      await lookAtOne(page, service, ids[0] ?? '')
    })
  } finally {
    await receiver.stop()
  }
}

/** Mends the URL and starts, in two clicks and one choice, what it has missed; how many these are. */
async function plan(page: Page, url: string): Promise<number> {
  await page.locator('form:has([name=description]) [name=url]').fill(url)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Change the URL' }).click()
  await page.getByText('Saved.').waitFor()
  await page.getByRole('link', { name: /^Since it is unwell/ }).click()
  await page.getByText('were made for a URL that their endpoint no longer has').waitFor()
  const [, count = ''] =
    /Replay all (\d+) deliveries/.exec(await page.locator('h1').innerText()) ?? []
  await page.locator('[name=rate]').fill('5')
  const takes = await page.locator('[data-takes]').innerText()
  assert.match(takes, /^\d+ s$/, 'how long it takes follows what is typed')
  await page.getByLabel('the URL that the endpoint has now').check()
  await page.getByLabel('Reason').fill('The URL was mistyped at nine')
  await inspect(page, 'replay-planned')
  // As a person does who is not sure whether it was a click.
  await page.getByRole('button', { name: `Replay ${count} deliveries` }).dblclick()
  await page.locator('#replay').waitFor()
  return Number(count)
}

/** Stays on the page until all has arrived: it is never loaded anew. */
async function watch(page: Page, total: number): Promise<void> {
  await page.evaluate(() => document.body.setAttribute('data-same', ''))
  await page.locator('h1 .badge.ok:text("Completed")').waitFor({ timeout: DONE_WITHIN_MS })
  await page.locator('#replay:not([hx-get])').waitFor({ timeout: DONE_WITHIN_MS })
  assert.ok(await page.locator('body[data-same]').count(), 'the page kept itself up to date')
  const words = await page.locator('#replay').innerText()
  assert.match(words, new RegExp(`${total} of ${total} sent or skipped, 100 %`))
  assert.match(words, /Failed\s+0/)
  await inspect(page, 'replay-done')
}

async function lookAtOne(page: Page, service: Service, id: string): Promise<void> {
  await page.goto(`${service.url}/dashboard/deliveries/${id}`)
  await page.locator('h1 .badge.ok').waitFor()
  await page.getByRole('link', { name: 'by a replay' }).click()
  await page.locator('#replay').waitFor()
}
