// The keys: rows gone through, ticked, opened and asked about without a mouse, and never while somebody types.
import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { VIEWS } from './chromium.ts'
import type { Service } from './service.ts'
import { inspect, signedIn } from './visit.ts'

const ARRIVES_WITHIN_MS = 30_000

/** A screen on which not all rows have room. */
const LOW = { ...VIEWS.light, viewport: { width: 1280, height: 400 } }

/** A key goes from row to row, into view; the row is ticked, opened, and gone back to. */
export async function goThroughRows(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, LOW, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    const ids = await rowsOf(page)
    await press(page, 'jjjkk')
    assert.equal(await rowInFocus(page), ids[0])
    for (const id of ids.slice(1)) {
      await press(page, 'j')
      assert.equal(await rowInFocus(page), id)
      assert.equal(await page.evaluate(isWhollySeen), true)
    }
    await press(page, 'jkx')
    assert.equal(await rowInFocus(page), ids.at(-2))
    assert.equal(await page.locator(`#d-${ids.at(-2)} [data-select]`).isChecked(), true)
    assert.equal(await page.locator('[data-selected]').innerText(), '1 selected')
    await press(page, 'x')
    assert.equal(await page.locator('[data-selected]').innerText(), '0 selected')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${service.url}/dashboard/deliveries/${ids.at(-2)}`)
    await page.goBack()
    await press(page, 'j')
    assert.equal(await rowInFocus(page), ids.at(-2))
  })
}

/** However rows are replaced, the focus is on the delivery that it was on, or on none. */
export async function stayOnRow(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    const [, second = '', third = ''] = await rowsOf(page)
    await press(page, 'jj')
    await page.evaluate(replaceRows)
    assert.equal(await rowInFocus(page), second)
    await press(page, 'k')
    assert.equal(await rowInFocus(page), third, 'the order has been turned around')
    await page.evaluate(shiftLinks)
    assert.equal(await rowInFocus(page), third)
    await page.locator('h1').click()
    await page.evaluate(replaceRows)
    assert.equal(await rowInFocus(page), undefined, 'who has left the row is not brought back')
    await press(page, 'j')
    await page.evaluate(loseRow)
    assert.equal(await rowInFocus(page), undefined)
    await stayOverNews(page, service)
  })
}

/** A part that keeps itself current puts another row in the place of the one with the focus. */
async function stayOverNews(page: Page, service: Service): Promise<void> {
  const older = await failOne(service)
  await page.goto(`${service.url}/dashboard`)
  const row = page.locator(`.failures [href$="${older}"]`)
  await row.focus()
  const newer = await failOne(service)
  await page.locator(`.failures [href$="${newer}"]`).waitFor({ timeout: ARRIVES_WITHIN_MS })
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('href'))
  assert.equal(focused, await row.getAttribute('href'))
}

async function failOne(service: Service): Promise<string> {
  await service.failNext(1)
  const id = await service.send('call.no_answer')
  await service.waitFor(id, { last_error: 'HTTP 503' })
  return id
}

/** `r` leads to a question about the row, or about what is ticked, and has sent nothing. */
export async function askByKey(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    const changes: string[] = []
    page.on('request', (request) => {
      if (request.method() !== 'GET') changes.push(request.url())
    })
    const list = `${service.url}/dashboard/deliveries?status=delivered`
    await page.goto(list)
    const [first = '', second = ''] = await rowsOf(page)
    await press(page, 'r')
    assert.equal(page.url(), list, 'no row, no question')
    await press(page, 'jjr')
    await page.getByRole('heading', { name: 'Redeliver 1 delivery?' }).waitFor()
    assert.equal(new URL(page.url()).searchParams.get('id'), second)
    await page.getByRole('link', { name: 'No, go back' }).click()
    await page.waitForURL(list)
    await page.locator(`#d-${first} [data-select]`).check()
    await page.locator(`#d-${second} [data-select]`).check()
    await press(page, 'jr')
    await page.getByRole('heading', { name: 'Redeliver 2 deliveries?' }).waitFor()
    assert.deepEqual(changes, [])
    await page.getByRole('button', { name: 'Redeliver 2 deliveries' }).click()
    await page.getByText('2 on their way again.').waitFor()
    assert.equal(changes.length, 1)
  })
}

/** What is typed is text; a key with others held, or while something else is open, is nobody's. */
export async function typeFreely(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/settings`)
    await press(page, '/')
    await page.waitForURL(`${service.url}/dashboard/deliveries#search`)
    await page.keyboard.type('jkxr?/')
    assert.equal(await page.locator('#search').inputValue(), 'jkxr?/')
    await page.evaluate(addEditable)
    for (const field of ['[name=type]', '[data-written]', '[data-edited]']) {
      await page.locator(field).focus()
      await page.keyboard.type('jxr?')
      await page.keyboard.press('/')
      assert.equal(await page.evaluate((one) => document.activeElement?.matches(one), field), true)
    }
    await page.locator('h1').click()
    for (const held of ['Control', 'Alt', 'Meta']) {
      for (const key of ['j', 'x', '/']) await page.keyboard.press(`${held}+${key}`)
    }
    await page.evaluate(compose)
    assert.equal(await rowInFocus(page), undefined)
    await press(page, 'j')
    const before = await rowInFocus(page)
    await press(page, '?jjxr/?')
    await page.keyboard.press('Escape')
    assert.equal(await rowInFocus(page), before)
    assert.equal(await page.locator('[data-select]:checked').count(), 0)
    assert.equal(new URL(page.url()).pathname, '/dashboard/deliveries')
  })
}

/** The list of keys: by key or button, only those that the page has; closed, the focus is where it was. */
export async function listKeys(chromium: Browser, service: Service): Promise<void> {
  for (const [view, options] of Object.entries(VIEWS)) {
    await signedIn(chromium, service, options, async (page) => {
      await page.goto(`${service.url}/dashboard/deliveries`)
      await press(page, 'jj?')
      const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
      assert.deepEqual(await keysIn(page), ['/', '?', 'j', 'k', 'Enter', 'x', 'r'])
      await inspect(page, `shortcuts-${view}`)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      assert.equal(await rowInFocus(page), (await rowsOf(page))[1])
      await page.goto(`${service.url}/dashboard/endpoints/new`)
      const button = page.getByRole('button', { name: 'Keyboard shortcuts' })
      await button.click()
      assert.deepEqual(await keysIn(page), ['/', '?'])
      await dialog.getByRole('button', { name: 'Close' }).click()
      assert.equal(await button.evaluate((one) => one === document.activeElement), true)
    })
  }
}

/** Switched off, no key does anything, on any page and in any tab, until it is switched on by the button. */
export async function switchKeysOff(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    const list = `${service.url}/dashboard/deliveries`
    await page.goto(list)
    const other = await page.context().newPage()
    await other.goto(list)
    await press(page, '?')
    await page.getByLabel('Listen to these keys').uncheck()
    await page.keyboard.press('Escape')
    for (const one of [page, other]) await ignoreKeys(one)
    await page.reload()
    await ignoreKeys(page)
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click()
    await page.getByLabel('Listen to these keys').check()
    await page.keyboard.press('Escape')
    for (const one of [page, other]) {
      await press(one, 'j')
      assert.equal(await rowInFocus(one), (await rowsOf(one))[0])
    }
  })
}

async function ignoreKeys(page: Page): Promise<void> {
  await page.bringToFront()
  await press(page, 'j/?')
  assert.equal(
    await page.evaluate(() => document.activeElement?.matches('.row-link, input')),
    false,
  )
  assert.equal(await page.locator('dialog[open]').count(), 0)
}

async function press(page: Page, keys: string): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

async function rowsOf(page: Page): Promise<string[]> {
  const rows = page.locator('.deliveries tbody tr')
  return rows.evaluateAll((all) => all.map(({ id }) => id.slice(2)))
}

/** The id of the delivery whose row has the focus, and shows it. */
function rowInFocus(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const link = document.activeElement
    if (!link?.matches('.row-link:focus-visible')) return undefined
    const isMarked = getComputedStyle(link, '::after').outlineStyle === 'solid'
    return isMarked ? link.closest('tr')?.id.slice(2) : undefined
  })
}

function keysIn(page: Page): Promise<string[]> {
  return page.locator('dialog[open] kbd:visible').allInnerTexts()
}

/** Neither below the screen nor under what sticks to its top. */
function isWhollySeen(): boolean {
  const row = document.activeElement?.closest('tr')?.getBoundingClientRect()
  const head = document.querySelector('.top')?.getBoundingClientRect()
  return row !== undefined && row.top >= (head?.bottom ?? 0) && row.bottom <= innerHeight
}

/** As a part of a page does that is asked for again. */
function replaceRows(): void {
  const body = document.querySelector('.deliveries tbody')
  const rows = [...(body?.children ?? [])].map((row) => row.outerHTML)
  if (body) body.innerHTML = rows.toReversed().join('')
}

/** As a morph does that keeps elements, and gives each what its neighbour had. */
function shiftLinks(): void {
  const links = [...document.querySelectorAll('.deliveries .row-link')]
  const rows = links.map((link) => ({
    href: link.getAttribute('href'),
    id: link.closest('tr')?.id,
  }))
  links.forEach((link, place) => {
    const { href, id } = rows[(place + 1) % rows.length] ?? {}
    link.setAttribute('href', href ?? '')
    link.closest('tr')?.setAttribute('id', id ?? '')
  })
}

function loseRow(): void {
  document.activeElement?.setAttribute('href', '/dashboard/deliveries/another')
}

function addEditable(): void {
  document
    .querySelector('main')
    ?.insertAdjacentHTML(
      'beforeend',
      '<textarea data-written></textarea><p contenteditable data-edited>Text</p>',
    )
}

/** A key that is part of a letter yet to be made. */
function compose(): void {
  const options = { key: 'j', isComposing: true, bubbles: true }
  document.body.dispatchEvent(new KeyboardEvent('keydown', options))
}
