// Addresses: an odd one is told on a page with the way on, and no open page asks for what is not known.
import assert from 'node:assert/strict'
import type { Browser, BrowserContext } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import { findPages } from './pages.ts'
import type { Service } from './service.ts'
import { inspect, signIn, visit } from './visit.ts'

/** Longer than the longest time between two looks for news. */
const ASKED_WITHIN_MS = 20_000

/** What was asked for, what the page takes, and the page itself one click away; in each view. */
export async function tellOddAddress(chromium: Browser, service: Service): Promise<void> {
  const refused = /status of 400/
  for (const [view, options] of Object.entries(VIEWS)) {
    const look = async (page: Parameters<typeof inspect>[0]) => {
      await signIn(page, service, service.weekKey)
      await page.goto(`${service.url}/dashboard/?day=7&${'x'.repeat(200)}=1`)
      await page.getByText('“day” is not known here').waitFor()
      await page.getByText('this page takes days').waitFor()
      await inspect(page, `odd-address-${view}`)
      await page.getByRole('link', { name: 'Leave that out' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
    }
    await visit(chromium, options, look, refused)
  }
}

/** Every page, left open until it has asked for news where it does, is refused nothing. */
export async function askForKnown(chromium: Browser, service: Service): Promise<void> {
  const paths = Object.values(await findPages(service))
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.weekKey)
    const { asked, refused } = listen(page.context())
    for (const path of paths) {
      const tab = await page.context().newPage()
      await tab.goto(`${service.url}/dashboard${path}`)
    }
    await page.waitForTimeout(ASKED_WITHIN_MS)
    assert.deepEqual(refused, [])
    assert.ok(asked.size >= 8, `only ${[...asked].join(', ')} have asked for news`)
  })
}

function listen(context: BrowserContext) {
  const [asked, refused] = [new Set<string>(), new Array<string>()]
  context.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (response.request().headers()['hx-request'] === 'true') asked.add(pathname)
    if (response.status() === 400) refused.push(response.url())
  })
  return { asked, refused }
}
