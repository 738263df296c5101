// The documentation: guides and a reference, made of what the service itself says of itself.
import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { OpenApi } from '../api/document/shape.ts'
import type { Router } from '../api/http/router.ts'
import type { Config } from '../config.ts'
import { toAppError } from '../errors.ts'
import { createRouteFinder, refuseOtherMethods } from '../http/methods.ts'
import type { MakeWorld } from '../wiring.ts'
import styles from './assets/docs.css'
import { renderPage, STYLES, type Page } from './frame.tsx'
import { GUIDES, listGuides } from './guides/index.tsx'
import { describeForModels } from './llms.ts'
import { ReferenceContent } from './reference.tsx'

/** Nothing runs, and nothing loads but the style sheet. */
const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    imgSrc: ['data:'],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
  strictTransportSecurity: 'max-age=31536000; includeSubDomains',
  xFrameOptions: 'DENY',
}

/** The same for everybody; a deployment is seen within minutes. */
const CACHE = 'public, max-age=300'

const REFERENCE = '/docs/reference'

type DocsEnv = { Bindings: Env }
type Waiting = Context<DocsEnv>['executionCtx']

/** Whether a path is one of the documentation's. */
export function isOfDocs(path: string): boolean {
  return path === '/' || path === '/llms.txt' || path === '/docs' || path.startsWith('/docs/')
}

/** The pages; `api` is asked for its document, once an isolate. */
export function createDocs(makeWorld: MakeWorld, api: Router): Hono<DocsEnv> {
  const app = new Hono<DocsEnv>()
  let pages: Page[] | undefined
  const rendered = new Map<string, string>()
  async function listOnce(env: Env, context: Waiting): Promise<Page[]> {
    if (pages) return pages
    const { config } = await makeWorld(env, context)
    const response = await api.request('/openapi.json', {}, env, context)
    // No promise is kept: the request that made it may be cut off, and all others would wait for it.
    pages = listPages(await response.json<OpenApi>(), config)
    return pages
  }
  /** The reference takes tens of milliseconds, for anybody who asks. */
  async function renderOnce(page: Page, all: Page[]): Promise<string> {
    const text = rendered.get(page.path) ?? String(await renderPage(page, all))
    rendered.set(page.path, text)
    return text
  }
  app.use(secureHeaders(HEADERS), refuseOtherMethods(createRouteFinder(() => app.routes)))
  app.get(STYLES, (c) =>
    c.body(styles, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': CACHE }),
  )
  app.get('/llms.txt', async (c) => {
    const text = describeForModels(await listOnce(c.env, c.executionCtx), new URL(c.req.url).origin)
    return c.text(text, 200, { 'Cache-Control': CACHE })
  })
  for (const path of PATHS) {
    app.get(path, async (c) => {
      const all = await listOnce(c.env, c.executionCtx)
      const page = all.find((one) => one.path === path) ?? NOTHING
      return c.html(await renderOnce(page, all), 200, { 'Cache-Control': CACHE })
    })
  }
  app.notFound(async (c) => {
    const all = await listOnce(c.env, c.executionCtx)
    return c.html(await renderOnce(NOTHING, all), 404)
  })
  app.onError(answerError)
  return app
}

/** Nobody is signed in here, so a sentence is enough. */
function answerError(thrown: Error): Response {
  const { status, message, headers } = toAppError(thrown)
  return new Response(message, { status, headers })
}

const NOTHING: Page = {
  path: '',
  title: 'There is no such page',
  about: 'Nothing is here.',
  content: <p>The pages that there are stand above.</p>,
}

/** Where the pages are. */
const PATHS = [...GUIDES.map(({ path }) => path), REFERENCE]

function listPages(document: OpenApi, config: Config): Page[] {
  return [
    ...listGuides(document, config),
    {
      path: REFERENCE,
      title: 'Reference',
      about: 'Every operation, parameter, answer and schema of the API.',
      content: <ReferenceContent document={document} />,
    },
  ]
}
