// Signing in with an API key, and out.
import { Hono } from 'hono'
import {
  findLiveKey,
  grantOf,
  noteRefusedSignIn,
  readKey,
  type PresentedKey,
} from '../account/keys.ts'
import { createHostNote } from '../account/own-hosts.ts'
import { AppError } from '../errors.ts'
import { addressGroup, enforceLimit } from '../limits.ts'
import { BASE, fromOf, type DashboardEnv, type PageContext } from './context.ts'
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
    if (!found) return refuse(c, target, presented)
    const { scopes } = grantOf(found)
    if (!scopes.includes('read') && !scopes.includes('manage')) return refuseBlind(c, target)
    await openSession(c, found)
    noteHost(c.get('world'), c.req.url)
    return c.redirect(target, 303)
  })
  app.post('/sign-out', async (c) => {
    await closeSession(c)
    return c.redirect(`${BASE}/sign-in`, 303)
  })
  return app
}

/** Asks whoever has sent a form after his session had ended: it leads on to that form, filled in. */
export function askToSignIn(c: PageContext, next: string) {
  return answerForm(c, next, {
    kind: 'wait',
    text: 'Your session has ended, and what you sent was not done. Sign in, and you see it again, as you filled it in.',
  })
}

/** One answer for what is no key, unknown, expired or revoked, until there are too many of them. */
async function refuse(c: PageContext, target: string, presented: PresentedKey | undefined) {
  const from = fromOf(c)
  await enforceLimit(c.get('world'), 'auth_failures', addressGroup(from.ip))
  if (presented) c.get('world').defer(noteRefusedSignIn(c.get('world'), presented, from))
  return answerForm(c, target, { kind: 'bad', text: 'This is not a valid API key.' })
}

/** There would be no page for them. */
function refuseBlind(c: PageContext, target: string) {
  const text =
    'This key lets nobody look at the dashboard. Sign in with one that has the scope “read” or “manage”.'
  return answerForm(c, target, { kind: 'bad', text })
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

type Told = { kind: 'bad' | 'wait'; text: string }

function answerForm(c: PageContext, next: string, told?: Told) {
  const page = { title: 'Sign in', status: told ? 401 : 200 } as const
  return answerBarePage(c, page, <SignInForm next={next} told={told} />)
}

/** Asks for a key; `told` is why it is asked for, or asked for again. */
export function SignInForm({ next, told }: { next: string; told: Told | undefined }) {
  return (
    <div class="card sign-in">
      <span class="brand-mark" aria-hidden="true"></span>
      <h1>CallingBox webhooks</h1>
      <p class="muted">Sign in with an API key of your organization.</p>
      {told ? <Notice kind={told.kind}>{told.text}</Notice> : null}
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
        The session lasts 12 hours and ends at once when you sign out or the key is revoked. If a
        link brought you here, ask for a new one.
      </p>
    </div>
  )
}
