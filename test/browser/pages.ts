// Every page that the week of `npm run seed` fills, looked at in each view.
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import { findWeek, type Service } from './service.ts'
import { inspect, signIn, visit } from './visit.ts'

/** Pages by their names: each one's address below `/dashboard`. */
export type Pages = Record<string, string>

/** What the gallery shows (src/dashboard/gallery): every part in every state, hostile ones among them. */
export const BOARDS: Pages = {
  'gallery-words': '/gallery/words',
  'gallery-charts': '/gallery/charts',
  'gallery-lists': '/gallery/lists',
  'gallery-deliveries': '/gallery/deliveries',
  'gallery-attempts': '/gallery/attempts',
  'gallery-replays': '/gallery/replays',
  'gallery-endpoints': '/gallery/endpoints',
  'gallery-filter': '/gallery/filter',
  'gallery-overview': '/gallery/overview',
  'gallery-forms': '/gallery/forms',
  'gallery-events': '/gallery/events',
  'gallery-entrances': '/gallery/entrances',
}

/** The pages, those of the week's own things included. */
export async function findPages(service: Service): Promise<Pages> {
  return {
    overview: '',
    'overview-week': '?days=7',
    deliveries: '/deliveries',
    'deliveries-between': '/deliveries?from=2026-11-01T05:30&type=call.failed',
    'deliveries-empty': '/deliveries?type=call.answered&status=pending',
    replays: '/replays',
    'replay-new': '/replays/new?range=7d&status=exhausted&status=pending',
    'replay-empty': '/replays/new?type=call.answered&status=pending&to=2020-01-01T00:00',
    endpoints: '/endpoints',
    'endpoint-new': '/endpoints/new',
    settings: '/settings',
    'audit-log': '/settings/audit-log',
    ...(await findWeek(service)),
  }
}

/** No accessibility violation and nothing in the console, in each view; the views at once, which is quicker. */
export async function lookAtEach(
  chromium: Browser,
  service: Service,
  pages: Pages,
  check: (sentence: string, body: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await Promise.all(Object.entries(VIEWS).map(look))

  async function look([view, options]: [string, BrowserContextOptions]): Promise<void> {
    await check(`shows the page sign-in, ${view}`, () =>
      visit(chromium, options, async (page) => {
        await page.goto(`${service.url}/dashboard/sign-in`)
        await inspect(page, `sign-in-${view}`)
      }),
    )
    await visit(chromium, options, async (page) => {
      await signIn(page, service, service.weekKey)
      for (const [name, path] of Object.entries(pages)) {
        await check(`shows the page ${name}, ${view}`, async () => {
          await page.goto(`${service.url}/dashboard${path}`)
          await inspect(page, `${name}-${view}`)
        })
      }
    })
  }
}
