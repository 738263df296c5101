// Visits to the dashboard: signed in or not, each in a browser profile of its own, complaints included.
import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Service } from './service.ts'

const SCREENSHOTS = 'test/screenshots'

/** Visits as who has signed in with the service's key. */
export async function signedIn(
  chromium: Browser,
  service: Service,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
  expected?: RegExp,
): Promise<void> {
  const visitSignedIn = async (page: Page) => {
    await signIn(page, service, service.key)
    await use(page)
  }
  await visit(chromium, options, visitSignedIn, expected)
}

/** Signs in with a key, which leads to the overview. */
export async function signIn(page: Page, service: Service, key: string): Promise<void> {
  await page.goto(`${service.url}/dashboard/sign-in`)
  await page.fill('[name=key]', key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

/** A visit of its own; what a page complains about in the console is a failure, but for what is expected. */
export async function visit(
  chromium: Browser,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
  expected?: RegExp,
): Promise<void> {
  const context = await chromium.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  try {
    await use(page)
    assert.deepEqual(
      complaints.filter((text) => !expected?.test(text)),
      [],
    )
  } finally {
    await context.close()
  }
}

/**
 * No accessibility violation, nothing wider than the screen, and no button that looks like a link; a picture of what
 * fails. Those of all are another command's, `npm run screenshots`.
 */
export async function inspect(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  try {
    await findFaults(page)
  } catch (error) {
    await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
    throw error
  }
}

async function findFaults(page: Page): Promise<void> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(width <= 0, `the page is ${width} px wider than the screen`)
  const buttons = page.locator('a.button')
  const lines = await buttons.evaluateAll((all) =>
    all.map((one) => getComputedStyle(one).textDecorationLine),
  )
  assert.ok(!lines.includes('underline'), 'a button is underlined')
  await page.evaluate(axe.source)
  const asked = `axe.run(document, { resultTypes: ['violations'] })`
  const { violations } = await page.evaluate(asked).then((result) => {
    // What axe.run answers, by its own type.
    return result as axe.AxeResults
  })
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
  )
  assert.deepEqual(told, [])
}
