// The dashboard in a real browser: seen in light, dark and on a phone, used with and without scripts.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { Progress } from '../../src/cli/progress.ts'
import { OF_THE_WEEK, OF_THEIR_OWN, type Check } from './checks.ts'
import { HOW_TO_INSTALL, startBrowser, VIEWS } from './chromium.ts'
import { copyEach, offerNoCopy, selectInstead } from './copying.ts'
import { colourByResult } from './truth.ts'
import { readDocs } from './docs.ts'
import { boundFilters, keepFilters } from './filters.ts'
import { BOARDS, findPages, lookAtEach } from './pages.ts'
import { ask, choose, clickTwice } from './questions.ts'
import { recover } from './recovery.ts'
import { measureRoom } from './room.ts'
import { sendSome, startService, type Service } from './service.ts'
import {
  askByKey,
  goThroughRows,
  listKeys,
  stayOnRow,
  switchKeysOff,
  typeFreely,
} from './shortcuts.ts'
import { endUnderForms, endUnderOpenPages } from './sessions.ts'
import { inspect, signedIn, signIn, visit } from './visit.ts'
import { chartInZone, filterInZone, keepInstants, switchZone } from './zones.ts'

/** How many checks there are, about: it says how long they take. */
const CHECKS = 156

/** All checks together, in ms; the run is broken off after it. */
const TOTAL_MS = 900_000

const ARRIVES_WITHIN_MS = 15_000

const run = promisify(execFile)
const count = { passed: 0, failed: 0 }
const progress = new Progress(CHECKS, 'starts the service', { unit: 'checks' })

const browser = await startBrowser()
if (!browser) {
  console.log(HOW_TO_INSTALL)
  finish(1)
} else {
  const service = await startService()
  setTimeout(() => {
    progress.print(`FAIL  not done within ${TOTAL_MS / 1000} s`)
    void service.stop().finally(() => finish(1))
  }, TOTAL_MS).unref()
  try {
    await look(browser, service)
  } catch (error) {
    count.failed += 1
    progress.print(`FAIL  ${String(error)}`)
  }
  await browser.close()
  await service.stop()
  finish(0)
}

async function look(chromium: Browser, service: Service): Promise<void> {
  const pages = await findPages(service)
  await lookAtEach(chromium, service, { ...pages, ...BOARDS }, check)
  await Promise.all([
    check('has room for all at each width', () => measureRoom(chromium, service, pages, true)),
    check('has room for every part in every state', () =>
      measureRoom(chromium, service, BOARDS, true),
    ),
    check('has room without scripts', () =>
      measureRoom(chromium, service, { ...pages, ...BOARDS }, false),
    ),
  ])
  await check('shows the documentation in each view', () => readDocs(chromium, service))
  await checkAll(OF_THE_WEEK, chromium, service)
  await check('recovers an endpoint that was down for six hours', () => recover(chromium, service))
  const failed = await sendSome(service)
  await check('replays a failed delivery in at most three clicks', () => replay(chromium, service))
  await check('says who replayed it, and compares the attempts', () =>
    compare(chromium, service, failed),
  )
  await check('leaves the rows where they are while new ones come', () => live(chromium, service))
  await check('redelivers what is selected', () => bulk(chromium, service))
  await check('gives a curl line whose signature the receiver accepts', () =>
    curl(chromium, service, failed),
  )
  await copying(chromium, service, failed)
  await inZones(chromium, service)
  await check('keeps filters under a name', () => keepFilters(chromium, service))
  await check('keeps twenty filters at most', () => boundFilters(chromium, service))
  await check('can be used with the keyboard alone', () => keyboard(chromium, service))
  await byKeys(chromium, service)
  await check('does all of it without scripts', () => withoutScripts(chromium, service))
  await check('is found again by a link on another site', () => link(chromium, service, failed))
  await check('leads back to an open page whose session had ended', () =>
    endUnderOpenPages(chromium, service),
  )
  await check('shows a form again that was sent too late', () => endUnderForms(chromium, service))
  await check('asks which events as one of two', () => choose(chromium, service))
  await check('asks before what breaks a receiver', () => ask(chromium, service))
  await check('sends once for a double click on a slow line', () => clickTwice(chromium, service))
  await checkAll(OF_THEIR_OWN, chromium, service)
  await check('lets go of an open page when the key is revoked', () => revoke(chromium, service))
}

async function checkAll(checks: Check[], chromium: Browser, service: Service): Promise<void> {
  for (const { sentence, body } of checks) await check(sentence, () => body(chromium, service))
}

async function copying(chromium: Browser, service: Service, id: string): Promise<void> {
  await check('copies each text as it is', () => copyEach(chromium, service, id))
  await check('selects what it may not copy', () => selectInstead(chromium, service, id))
  await check('offers no copy without scripts', () => offerNoCopy(chromium, service, id))
}

async function inZones(chromium: Browser, service: Service): Promise<void> {
  await check('writes times in the reader’s zone, or in UTC', () => switchZone(chromium, service))
  await check('takes times in the page’s zone', () => filterInZone(chromium, service))
  await check('keeps an hour that comes twice', () => keepInstants(chromium, service))
  await check('tells a chart’s hours in the page’s zone', () => chartInZone(chromium, service))
}

async function byKeys(chromium: Browser, service: Service): Promise<void> {
  await check('goes through rows by keys', () => goThroughRows(chromium, service))
  await check('stays on a row that is replaced', () => stayOnRow(chromium, service))
  await check('asks before a key redelivers', () => askByKey(chromium, service))
  await check('leaves alone what is typed', () => typeFreely(chromium, service))
  await check('lists its keys', () => listKeys(chromium, service))
  await check('listens to no key when told so', () => switchKeysOff(chromium, service))
}

async function replay(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    let clicks = 0
    const click = async (selector: string) => {
      clicks += 1
      await page.locator(selector).first().click()
    }
    await click('.failures li:has-text("HTTP 503") .row-link')
    await page.waitForURL(/\/deliveries\//)
    const url = page.url()
    await click('button:text("Redeliver")')
    await page.locator('h1 .badge.ok').waitFor({ timeout: ARRIVES_WITHIN_MS })
    assert.equal(page.url(), url, 'the attempt came to the open page')
    assert.match(await page.locator('.timeline').innerText(), /Attempt 2 delivered, HTTP 200/)
    assert.ok(clicks <= 3)
    await inspect(page, 'delivery-replayed')
  })
}

async function compare(chromium: Browser, service: Service, id: string): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries/${id}?a=1&b=2`)
    const keyId = service.key.slice(8, 16)
    const difference = await page.locator('.diff').innerText()
    assert.match(difference, new RegExp(`by hand in the dashboard, key ${keyId}`))
    assert.match(difference, /HTTP 503/)
    await inspect(page, 'delivery-compared-light')
  })
  await colourByResult(chromium, service, id)
}

async function live(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    const row = page.locator('.deliveries tbody tr').first()
    const before = { id: await row.getAttribute('id'), box: await row.boundingBox() }
    await row.locator('input').check()
    await service.send('call.busy')
    await page.locator('.news').waitFor({ timeout: ARRIVES_WITHIN_MS })
    assert.deepEqual({ id: await row.getAttribute('id'), box: await row.boundingBox() }, before)
    assert.equal(await row.locator('input').isChecked(), true)
    await page.locator('.news').click()
    await page.waitForURL(/\/deliveries$/)
    assert.notEqual(await row.getAttribute('id'), before.id)
  })
}

async function bulk(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries?status=delivered`)
    const button = page.getByRole('button', { name: 'Redeliver selected…' })
    assert.equal(await button.isDisabled(), true)
    await page.locator('[data-select]').nth(0).check()
    await page.locator('[data-select]').nth(1).check()
    assert.equal(await page.locator('[data-selected]').innerText(), '2 selected')
    await button.click()
    await page.getByRole('button', { name: 'Redeliver 2 deliveries' }).click()
    await page.getByText('2 on their way again.').waitFor()
    assert.match(page.url(), /status=delivered/)
  })
}

async function curl(chromium: Browser, service: Service, id: string): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries/${id}`)
    const command = await page.locator('#curl').evaluate((element) => element.textContent)
    const from = service.run.lines.length
    await run('sh', ['-c', `${command} --silent --show-error`])
    const ending = new RegExp(`${id.slice(-12)} .*valid  answered 200$`)
    await service.run.waitFor(ending, ARRIVES_WITHIN_MS, from)
  })
}

async function keyboard(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Skip to content')
    await page.keyboard.press('Enter')
    for (let tabs = 0; (await focused(page)) !== 'Redeliver selected…'; tabs += 1) {
      assert.ok(tabs < 40, 'the selection is out of reach')
      await page.keyboard.press('Tab')
      if (await page.evaluate(() => document.activeElement?.matches('[data-select-all]'))) {
        await page.keyboard.press('Space')
      }
    }
    const outline = await page.evaluate(
      () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
    )
    assert.equal(outline, 'solid')
  })
}

function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.textContent?.trim())
}

async function withoutScripts(chromium: Browser, service: Service): Promise<void> {
  const options = { ...VIEWS.light, javaScriptEnabled: false }
  await signedIn(chromium, service, options, async (page) => {
    await page.goto(`${service.url}/dashboard/deliveries`)
    await page.selectOption('[name=type]', 'call.failed')
    await page.getByRole('button', { name: 'Apply' }).first().click()
    assert.match(page.url(), /type=call\.failed/)
    await page.locator('.row-link').first().click()
    await page.getByRole('button', { name: 'Redeliver' }).click()
    assert.match(await page.locator('.facts').innerText(), /1 by hand/)
    await page.getByRole('link', { name: 'Endpoints' }).click()
    await page.getByRole('link', { name: 'New endpoint' }).click()
    await page.fill('[name=url]', `${new URL(service.url).origin}/elsewhere`)
    await page.getByRole('button', { name: 'Create' }).click()
    assert.match(await page.locator('#secret').innerText(), /^whsec_[0-9a-f]{64}$/)
    await page.getByRole('link', { name: 'Delete this endpoint…' }).click()
    await page.getByRole('button', { name: /^Delete / }).click()
    await page.getByText('Deleted.').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    assert.match(page.url(), /\/sign-in$/)
  })
}

async function link(chromium: Browser, service: Service, id: string): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto('about:blank')
    await page.setContent(`<a href="${service.url}/dashboard/deliveries/${id}">A delivery</a>`)
    await page.getByText('A delivery').click()
    await page.getByRole('heading', { name: 'call.completed' }).waitFor()
  })
}

async function revoke(chromium: Browser, service: Service): Promise<void> {
  await signedIn(chromium, service, VIEWS.light, async (page) => {
    await page.goto(`${service.url}/dashboard/settings`)
    await page.fill('[name=name]', 'Short-lived')
    await page.getByRole('button', { name: 'Create key' }).click()
    const key = await page.locator('#new-key').innerText()
    await visit(chromium, VIEWS.light, async (other) => {
      await signIn(other, service, key)
      await other.goto(`${service.url}/dashboard/deliveries`)
      await page.getByRole('link', { name: 'Revoke… Short-lived' }).click()
      await page.getByRole('button', { name: 'Revoke Short-lived' }).click()
      await other.waitForURL(/\/sign-in/, { timeout: ARRIVES_WITHIN_MS })
    })
  })
}

async function check(sentence: string, body: () => Promise<void>): Promise<void> {
  const startedAt = Date.now()
  progress.to(count.passed + count.failed, sentence)
  try {
    await body()
    count.passed += 1
    progress.print(`ok    ${sentence} (${Date.now() - startedAt} ms)`)
  } catch (error) {
    count.failed += 1
    progress.print(`FAIL  ${sentence}\n      ${String(error).replaceAll('\n', '\n      ')}`)
  }
}

function finish(failed: number): void {
  count.failed += failed
  progress.stop()
  console.log(`${count.passed} passed, ${count.failed} failed`)
  process.exit(count.failed === 0 ? 0 : 1)
}
