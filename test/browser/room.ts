// Room: on no page, at no width, is anything wider than its place, under something else, or touching a field.
import assert from 'node:assert/strict'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { MEASURE_ROOM } from './measure-room.ts'
import type { Pages } from './pages.ts'
import type { Service } from './service.ts'
import { signIn, visit } from './visit.ts'

/** From the narrowest phone to a wide screen, and both sides of where the layout changes, in px. */
const WIDTHS = [320, 360, 390, 600, 759, 760, 999, 1000, 1280, 1920]

/** Its name is long, and its offset no whole hour. */
const ZONE = 'Australia/Broken_Hill'

/** Each page (its address below `/dashboard`) at each width, with all that unfolds unfolded. */
export async function measureRoom(
  chromium: Browser,
  service: Service,
  pages: Pages,
  javaScriptEnabled: boolean,
): Promise<void> {
  const complaints: string[] = []
  const options: BrowserContextOptions = { javaScriptEnabled, timezoneId: ZONE }
  await visit(chromium, options, async (page) => {
    await signIn(page, service, service.weekKey)
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${service.url}/dashboard${path}`)
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true')
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 })
        // What MEASURE_ROOM answers.
        const found = (await page.evaluate(MEASURE_ROOM)) as string[]
        complaints.push(...found.map((one) => `${name}, ${width} px: ${one}`))
      }
    }
  })
  assert.deepEqual(complaints, [])
}
