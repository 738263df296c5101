// A portal link as its holder meets it: what it opens, behind a button, so that no robot uses it up.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { offerPortalLink, type LinkFault } from '../account/portal-links.ts'
import type { OfferedLink } from '../db/account/portal-links.ts'
import { addressGroup, enforceLimit } from '../limits.ts'
import { BASE, type DashboardEnv, type PageContext } from './context.ts'
import { openByLink } from './session.ts'
import { answerBarePage } from './ui/layout.tsx'
import { writeDuration } from './ui/durations.ts'
import { Time } from './ui/parts.tsx'

const FAULTS: Record<LinkFault, string> = {
  unknown: 'There is no such link.',
  used: 'This link was used already. It signs in once.',
  expired: 'This link has expired. It is good for a few minutes after it was made.',
  revoked: 'This link is no longer good: whoever made it may not any more.',
}

/** The routes of portal links, which need no session. */
export function portalRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/portal/:token', (c) => offer(c))
  app.post('/portal/:token', async (c) => {
    const fault = await openByLink(c, c.req.param('token'))
    return fault === undefined ? c.redirect(BASE, 303) : answerFault(c, fault)
  })
  return app
}

async function offer(c: PageContext) {
  const token = c.req.param('token') ?? ''
  const link = await offerPortalLink(c.get('world'), token, c.env.API_KEY_PEPPER)
  if (typeof link === 'string') return answerFault(c, link)
  const page = { title: 'Open', status: 200 } as const
  return answerBarePage(c, page, <LinkOffer link={link} token={token} />)
}

/** What a link opens, and its button. */
export function LinkOffer({ link, token }: { link: OfferedLink; token: string }) {
  const { orgName, scopes, expiresAt, sessionMs } = link
  return (
    <Card title={`Webhooks of ${orgName}`}>
      <p>
        {scopes.includes('operate')
          ? 'You can look at deliveries and endpoints, send deliveries again, enable endpoints and send them tests.'
          : 'You can look at deliveries and endpoints.'}
      </p>
      <form method="post" action={`${BASE}/portal/${token}`}>
        <button class="primary">Open</button>
      </form>
      <p class="muted small">
        The link works once, until <Time at={expiresAt} />. You stay signed in for{' '}
        {writeDuration(sessionMs)}, or until you sign out; whoever is signed in here in this browser
        is signed out.
      </p>
    </Card>
  )
}

/** Guesses are counted, as they are of keys. */
async function answerFault(c: PageContext, fault: LinkFault) {
  const ip = c.req.header('CF-Connecting-IP') ?? null
  if (fault === 'unknown') await enforceLimit(c.get('world'), 'auth_failures', addressGroup(ip))
  const status = fault === 'unknown' ? 404 : 410
  const page = { title: 'This link does not work', status } as const
  return answerBarePage(c, page, <FaultOfLink fault={fault} />)
}

/** Why a link opens nothing, and what to do. */
export function FaultOfLink({ fault }: { fault: LinkFault }) {
  return (
    <Card title={FAULTS[fault]}>
      <p>Ask whoever gave it to you for a new one.</p>
    </Card>
  )
}

function Card({ title, children }: { title: string; children: Child }) {
  return (
    <div class="card sign-in">
      <span class="brand-mark" aria-hidden="true"></span>
      <h1>{title}</h1>
      {children}
    </div>
  )
}
