// The documentation: what it shows is what the service says of itself, and every link leads somewhere.
import { SCOPES } from '../../src/account/scopes.ts'
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/api/app.ts'
import { createDocs, isOfDocs } from '../../src/docs/app.tsx'
import { COMMANDS } from '../../src/docs/guides/start.tsx'
import { JOURNEYS } from '../../src/docs/samples/clients.ts'
import { MAKE_ENDPOINT, RECEIVE } from '../../src/docs/samples/commands.ts'
import { RECEIVERS } from '../../src/docs/samples/receivers.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { World, type Json } from '../world.ts'

const PATHS = [
  '/',
  '/docs',
  '/docs/events',
  '/docs/signatures',
  '/docs/receivers',
  '/docs/laptop',
  '/docs/retries',
  '/docs/clients',
  '/docs/idempotency',
  '/docs/keys',
  '/docs/errors',
  '/docs/limits',
  '/docs/going-live',
  '/docs/reference',
]

let docs: ReturnType<typeof createDocs>
let world: World
const pages = new Map<string, string>()
beforeAll(async () => {
  // What the pages are made of needs no database.
  const made = await World.create()
  const makeWorld = () => made.engine()
  docs = createDocs(makeWorld, createApp(makeWorld))
  for (const path of PATHS) pages.set(path, await read(path))
})
beforeEach(async () => {
  world = await World.create()
})

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const url = `https://api.callingbox.example${path}`
  return Promise.resolve(docs.request(url, init, env, createExecutionContext()))
}

async function read(path: string): Promise<string> {
  const response = await ask(path)
  expect(`${path} ${response.status}`).toBe(`${path} 200`)
  return response.text()
}

async function readDocument(): Promise<Json> {
  return (await world.fetch('/openapi.json')).json()
}

function page(path: string): string {
  return pages.get(path) ?? ''
}

/** As it is read. */
function textOf(path: string): string {
  return page(path)
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

describe('the pages', () => {
  it('load nothing from elsewhere, and run nothing', async () => {
    for (const html of pages.values()) {
      expect(html).not.toMatch(/<script|style="|<iframe|@import/)
      const loaded = [...html.matchAll(/<(?:link|img)[^>]+(?:href|src)="([^"]+)"/g)]
      expect(loaded.map(([, url]) => url)).toEqual(['data:,', '/docs/docs.css'])
    }
    const { headers } = await ask('/docs')
    expect(headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'self'/)
    expect((await ask('/docs/docs.css')).headers.get('Content-Type')).toMatch(/^text\/css/)
  })

  it('lead only to what is there', () => {
    const links = [...pages].flatMap(([from, html]) =>
      [...html.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, to = '']) => ({ from, to })),
    )
    const broken = links.filter(({ from, to }) => {
      if (/^(?:https:\/\/|\/dashboard$|\/openapi\.json$)/.test(to)) return false
      const [path = '', anchor] = to.split('#')
      const html = pages.get(path === '' ? from : path)
      return html === undefined || (anchor !== undefined && !html.includes(`id="${anchor}"`))
    })
    expect(broken).toEqual([])
  })

  it('have one name each in an id, a region, a title and one main heading', () => {
    for (const html of pages.values()) {
      const regions = [...html.matchAll(/role="region" aria-label="([^"]+)"/g)].map(
        ([, name]) => name,
      )
      expect(regions).toEqual([...new Set(regions)])
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
      expect(ids).toEqual([...new Set(ids)])
      expect(html.match(/<h1>/g)).toHaveLength(1)
    }
    const titles = [...pages.values()].map((html) => /<title>(.*?)<\/title>/.exec(html)?.[1])
    expect(new Set(titles).size).toBe(PATHS.length)
  })

  it('are told to language models', async () => {
    const text = await read('/llms.txt')
    for (const path of PATHS) expect(text).toContain(`(https://api.callingbox.example${path}):`)
  })

  it('answer other methods and paths as every door does', async () => {
    expect((await ask('/docs', { method: 'POST' })).status).toBe(405)
    const nothing = await ask('/docs/nothing')
    expect(nothing.status).toBe(404)
    expect(await nothing.text()).toContain('There is no such page')
    expect(isOfDocs('/docsx')).toBe(false)
  })
})

describe('the reference', () => {
  it('shows every operation, parameter, answer and schema of the document', async () => {
    const html = page('/docs/reference')
    const { paths, components } = await readDocument()
    for (const [path, item] of Object.entries<Json>(paths)) {
      for (const [method, operation] of Object.entries<Json>(item)) {
        expect(html).toContain(`${method.toUpperCase()} ${path}</code>`)
        expect(html).toContain(`id="${operation.operationId}"`)
        for (const { name } of operation.parameters ?? [])
          expect(html).toContain(`<code>${name}</code>`)
        for (const status of Object.keys(operation.responses))
          expect(html).toContain(`<td>${status}</td>`)
      }
    }
    for (const name of Object.keys(components.schemas)) expect(html).toContain(`id="${name}"`)
  })
})

describe('the guides', () => {
  it('show each event with its body, and every header', async () => {
    const html = page('/docs/events')
    const { webhooks } = await readDocument()
    for (const [type, { post }] of Object.entries<Json>(webhooks)) {
      expect(html).toContain(`id="${type}"`)
      for (const { name } of post.parameters) expect(html).toContain(`<code>${name}</code>`)
    }
    expect(html.match(/&quot;api_version&quot;/g)).toHaveLength(Object.keys(webhooks).length)
  })

  it('show each error, and the figures of this service', () => {
    for (const code of ERROR_CODES) expect(page('/docs/errors')).toContain(`<code>${code}</code>`)
    expect(page('/docs/retries')).toContain('within 10 seconds')
    expect(page('/docs/retries')).toContain('5 hours after that')
    expect(page('/docs/retries')).toContain('gets 20 webhooks a second')
    expect(page('/docs/limits')).toContain('60,000 in 60 seconds')
  })

  it('tell what each scope of a key lets do', () => {
    for (const scope of SCOPES) expect(page('/docs/keys')).toContain(`<code>${scope}</code></td>`)
  })

  it('show every receiver and every client, whole', () => {
    for (const { text } of RECEIVERS) expect(textOf('/docs/receivers')).toContain(text)
    for (const { text, install, generate, start, settings } of JOURNEYS) {
      for (const shown of [text, install, generate, start, settings?.text ?? ''])
        expect(textOf('/docs/clients')).toContain(shown)
    }
    for (const [language, commands] of Object.entries(RECEIVE)) {
      const first = RECEIVERS.find((one) => one.language === language)
      expect(textOf('/docs/receivers')).toContain(commands)
      expect(textOf('/docs/signatures')).toContain(first?.text)
    }
    expect(textOf('/docs/receivers')).toContain(MAKE_ENDPOINT)
  })

  it('begin with commands that do what they say, in this order', async () => {
    const shown = textOf('/docs')
    let id = ''
    for (const command of Object.values(COMMANDS)) {
      expect(shown).toContain(command)
      const path = (/"\$URL([^"]+)"/.exec(command)?.[1] ?? '').replace('$ID', id)
      const data = /-d '([^']+)'/.exec(command)?.[1]
      const method = data !== undefined || command.includes('-X POST') ? 'POST' : 'GET'
      const { status, body } = await world.call(method, path, data)
      expect(`${status} ${command}`).toMatch(/^2/)
      id = body.data?.[0]?.id ?? id
    }
    await world.drain()
    expect((await world.delivery(id)).status).toBe('delivered')
  })
})
