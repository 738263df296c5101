// `npm run screenshots -- [folder]`: every page in light, in dark and on a narrow phone, and those that READMEs show.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { z } from 'zod'
import { Progress } from '../../src/cli/progress.ts'
import { HOW_TO_INSTALL, startBrowser, VIEWS } from './chromium.ts'
import { BOARDS, findPages, type Pages } from './pages.ts'
import { watchReplay } from './running-replay.ts'
import { startService, type Service } from './service.ts'
import { signIn, visit } from './visit.ts'

/** What READMEs show, by the names that it has there: light, and as high as a screen. */
const KEPT = '.github/screenshots'
const SHOWN = new Set(['deliveries', 'delivery', 'endpoints'])

/** Each page is looked at in these. */
const LOOKS: Record<string, BrowserContextOptions> = {
  light: VIEWS.light,
  dark: VIEWS.dark,
  '360px': { ...VIEWS.phone, viewport: { width: 360, height: 780 } },
}

/** The browser tells of pages that refuse something: some are looked at. */
const REFUSED = /40[0149]|410/

/** What an address asks that makes no sense, or is not there. */
const REFUSALS: Pages = {
  'refused-filter': '/deliveries?status=lost&endpoint=x',
  'refused-plan': '/replays/new?status=lost',
  'nothing-found': '/deliveries?q=nobody.example',
  'not-found': '/deliveries/019b8d62-7a80-7000-8000-000000000001',
}

const Link = z.object({ url: z.string() })

const folder = process.argv[2] ?? 'test/screenshots'

/** Those of who is not signed in, and of a replay on its way; each in all looks. */
const BARE = 5
const RUNNING = 1

let progress: Progress | undefined

const browser = await startBrowser()
if (!browser) {
  console.log(HOW_TO_INSTALL)
  process.exitCode = 1
} else {
  const service = await startService()
  try {
    const pages = await findPages(service)
    await mkdir(folder, { recursive: true })
    const all = { ...pages, ...askedAt(pages), ...REFUSALS, ...BOARDS }
    const looks = Object.keys(LOOKS).length * (BARE + Object.keys(all).length + RUNNING)
    progress = new Progress(looks + SHOWN.size + RUNNING, '', { unit: 'pictures' })
    await takeBare(browser, service)
    await takeAll(browser, service, all)
    await dismissAlerts(browser, service)
    await keep(browser, service, pages)
    await watchReplay(service, async (path) => {
      await takeAll(browser, service, { 'replay-running': path })
      await keep(browser, service, { replay: path })
    })
  } finally {
    progress?.stop()
    await browser.close()
    await service.stop()
  }
}

/** They would stand above all that READMEs show. */
async function dismissAlerts(chromium: Browser, service: Service): Promise<void> {
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.weekKey)
    const alerts = page.locator('.alert')
    for (let left = await alerts.count(); left > 0; left -= 1) {
      await alerts
        .first()
        .getByRole('button', { name: /^Dismiss/ })
        .click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
    }
  })
}

/** Those of READMEs that are among the pages. */
async function keep(chromium: Browser, service: Service, pages: Pages): Promise<void> {
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.weekKey)
    for (const [name, path] of Object.entries(pages)) {
      if (name !== 'replay' && !SHOWN.has(name)) continue
      await page.goto(`${service.url}/dashboard${path}`)
      await shoot(page, { path: join(KEPT, `${name}.png`) })
    }
  })
}

/** What is asked before an act. */
function askedAt(pages: Pages): Pages {
  const { endpoint = '', delivery = '', 'replay-held': replay = '' } = pages
  const moved = new URLSearchParams({ url: 'https://desk.example/hooks', which: 'all' })
  return {
    'question-rotate': `${endpoint}/rotate`,
    'question-disable': `${endpoint}/status?status=disabled`,
    'question-delete': `${endpoint}/delete`,
    'question-move': `${endpoint}/change?${moved.toString()}`,
    'question-redeliver': `${delivery}/redeliver`,
    'question-cancel': `${replay}/cancel`,
    'question-rotate-default': '/settings/secret/rotate',
  }
}

/** What is seen by who is not signed in. */
async function takeBare(chromium: Browser, service: Service): Promise<void> {
  const wanted = { scopes: ['read', 'operate'] }
  for (const [look, options] of Object.entries(LOOKS)) {
    const { url } = Link.parse(await service.weekCall('POST', '/v1/portal_links', wanted))
    const bare = async (page: Page) => {
      await take(page, `${service.url}/dashboard/sign-in`, `sign-in-${look}`)
      await page.fill('[name=key]', 'sk_live_wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('This is not a valid API key.').waitFor()
      await shoot(page, { path: join(folder, `sign-in-refused-${look}.png`), fullPage: true })
      await take(page, url, `portal-link-${look}`)
      await page.getByRole('button', { name: 'Open' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      await shoot(page, { path: join(folder, `portal-overview-${look}.png`), fullPage: true })
      await take(page, url, `portal-link-used-${look}`)
    }
    await visit(chromium, options, bare, REFUSED)
  }
}

async function takeAll(chromium: Browser, service: Service, pages: Pages): Promise<void> {
  for (const [look, options] of Object.entries(LOOKS)) {
    const all = async (page: Page) => {
      await signIn(page, service, service.weekKey)
      for (const [name, path] of Object.entries(pages)) {
        await take(page, `${service.url}/dashboard${path}`, `${name}-${look}`)
      }
    }
    await visit(chromium, options, all, REFUSED)
  }
}

async function take(page: Page, url: string, name: string): Promise<void> {
  await page.goto(url)
  await shoot(page, { path: join(folder, `${name}.png`), fullPage: true })
}

async function shoot(page: Page, options: { path: string; fullPage?: boolean }): Promise<void> {
  await page.screenshot(options)
  progress?.advance(options.path)
}
