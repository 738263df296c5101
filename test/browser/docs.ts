// The documentation in a browser: each page in each view.
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, visit } from './visit.ts'

const PATHS = [
  '/',
  ...['', '/events', '/signatures', '/receivers', '/clients', '/retries', '/limits'].map(
    (path) => `/docs${path}`,
  ),
]

/** As WCAG 2.2 has it for reflow: 1280 px at 400 %. */
const NARROW = { viewport: { width: 320, height: 640 } }

/** The longest of all is looked at by itself. */
const REFERENCE = '/docs/reference'

/** No accessibility violation, nothing wider than the screen, nothing in the console; links can be followed. */
export async function readDocs(chromium: Browser, service: Pick<Service, 'url'>): Promise<void> {
  await Promise.all(Object.entries({ ...VIEWS, narrow: NARROW }).map(read))

  async function read([view, options]: [string, BrowserContextOptions]): Promise<void> {
    await visit(chromium, options, async (page) => {
      for (const path of [...PATHS, REFERENCE]) {
        await page.goto(service.url + path)
        await inspect(page, `docs${path.replaceAll('/', '-')}-${view}`)
      }
      await page.getByRole('link', { name: 'Errors' }).click()
      await page.getByRole('cell', { name: 'endpoint_disabled' }).waitFor()
    })
  }
}
