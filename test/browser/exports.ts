// What the list shows, as a file: the same rows, as CSV and as NDJSON.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { signIn, visit } from './visit.ts'

const Line = z.object({ id: z.string(), status: z.string() })

/** Of a filter that shows all that it matches on one page. */
export async function exportShown(chromium: Browser, service: Service): Promise<void> {
  await visit(chromium, VIEWS.light, async (page) => {
    await signIn(page, service, service.weekKey)
    await page.goto(`${service.url}/dashboard/deliveries?status=exhausted&limit=200`)
    const shown = await page
      .locator('.deliveries tbody tr')
      .evaluateAll((rows) => rows.map((row) => row.id.replace(/^d-/, '')))
    assert.ok(shown.length > 10 && shown.length < 200)
    const [head = '', ...rows] = lines(await download(page, 'CSV'))
    assert.match(head, /^id,created_at,status,/)
    assert.deepEqual(
      rows.map((row) => row.split(',')[0]),
      shown,
    )
    const objects = lines(await download(page, 'NDJSON')).map((line) =>
      Line.parse(JSON.parse(line)),
    )
    assert.deepEqual(
      objects.map(({ id }) => id),
      shown,
    )
    assert.deepEqual(new Set(objects.map(({ status }) => status)), new Set(['exhausted']))
  })
}

/** The file, by a click on its format. */
async function download(page: Page, format: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: format, exact: true }).click(),
  ])
  const ending = new RegExp(`^deliveries-\\d{4}-\\d\\d-\\d\\d\\.${format.toLowerCase()}$`)
  assert.match(file.suggestedFilename(), ending)
  return readFile(await file.path(), 'utf8')
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '')
}
