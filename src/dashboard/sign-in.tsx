// Signing in with an API key, and out.
import { Hono } from 'hono'
import { findLiveKey, readKey } from '../account/keys.ts'
import { createHostNote } from '../account/own-hosts.ts'
import { AppError } from '../errors.ts'
import { addressGroup, enforceLimit } from '../limits.ts'
import { BASE, type DashboardEnv, type PageContext } from './context.ts'
import { closeSession, openSession } from './session.ts'
import { answerBarePage } from './ui/layout.tsx'
import { Notice } from './ui/parts.tsx'

/** The routes that need no session. */
export function signInRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  const noteHost = createHostNote()
  app.get('/sign-in', (c) => answerForm(c, readNext(c.req.query('next'))))
  app.post('/sign-in', async (c) => {
    const { key, next } = await c.req.parseBody()
    const target = readNext(next)
    const text = typeof key === 'string' ? key.trim() : ''
    const presented = await readKey(text, c.env.API_KEY_PEPPER)
    const found = presented && (await findLiveKey(c.get('world'), presented))
    if (!found) return refuse(c, target)
    await openSession(c, found.publicId)
    noteHost(c.get('world'), c.req.url)
    return c.redirect(target, 303)
  })
  app.post('/sign-out', async (c) => {
    await closeSession(c)
    return c.redirect(`${BASE}/sign-in`, 303)
  })
  return app
}

/** One answer for what is no key, unknown, expired or revoked, until there are too many of them. */
async function refuse(c: PageContext, target: string) {
  const ip = c.req.header('CF-Connecting-IP') ?? null
  await enforceLimit(c.get('world'), 'auth_failures', addressGroup(ip))
  return answerForm(c, target, 'This is not a valid API key.')
}

/**
 * The page to go on to. Only pages of the dashboard: whoever makes the link must not choose where it leads.
 * @throws AppError `invalid_request` for what is no URL as URLs are written, in printable ASCII.
 */
function readNext(next: unknown): string {
  if (typeof next !== 'string' || next === '') return BASE
  if (!/^[\x21-\x7e]*$/.test(next)) {
    throw new AppError('invalid_request', { message: 'This link leads nowhere.' })
  }
  if (next.includes('\\') || next.includes('//')) return BASE
  const base = 'https://dashboard.invalid'
  if (!next.startsWith('/') || !URL.canParse(next, base)) return BASE
  const { origin, pathname, search } = new URL(next, base)
  const isOurs = origin === base && (pathname === BASE || pathname.startsWith(`${BASE}/`))
  return isOurs ? pathname + search : BASE
}

function answerForm(c: PageContext, next: string, error?: string) {
  return answerBarePage(
    c,
    { title: 'Sign in', status: error ? 401 : 200 },
    <div class="card sign-in">
      <span class="brand-mark" aria-hidden="true"></span>
      <h1>CallingBox webhooks</h1>
      <p class="muted">Sign in with an API key of your organization.</p>
      {error ? <Notice kind="bad">{error}</Notice> : null}
      <form method="post" action={`${BASE}/sign-in`}>
        <input type="hidden" name="next" value={next} />
        <label>
          API key
          <input
            type="password"
            name="key"
            required
            autocomplete="current-password"
            placeholder="sk_live_…"
            spellcheck={false}
            autofocus
          />
        </label>
        <button class="primary">Sign in</button>
      </form>
      <p class="muted small">
        The session lasts 12 hours and ends at once when you sign out or the key is revoked.
      </p>
    </div>,
  )
}
