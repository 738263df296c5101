// The frame of every page: head, navigation, main.
import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { sideOf } from '../../db/sides.ts'
import { EVERY_HOST } from '../../db/stopped.ts'
import { ASSETS } from '../assets.ts'
import { BASE, type PageContext, type Session } from '../context.ts'
import { Alerts } from './alerts.tsx'
import { BelowAlerts } from './current.tsx'
import { CopyNews } from './copy.tsx'
import { may, Offered } from './may.tsx'
import { Badge, ZoneName } from './parts.tsx'
import { Shortcuts, ShowShortcuts } from './shortcuts.tsx'
import { UnderStops } from './stopped.tsx'

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#5046e4"/><path d="M9 17l5 5 9-12" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  )

/** htmx under the content policy: no styles of its own, no history in storage, no eval. */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  // What the reader has unfolded stays unfolded.
  morphIgnore: ['data-htmx-powered', 'open'],
})

const SECTIONS = [
  { path: '', name: 'Overview' },
  { path: '/deliveries', name: 'Deliveries' },
  { path: '/replays', name: 'Replays' },
  { path: '/endpoints', name: 'Endpoints' },
  { path: '/settings', name: 'Settings' },
] as const

/** The name of a section of the navigation. */
export type Section = (typeof SECTIONS)[number]['name']

/** The section that a path belongs to. */
export function sectionOf(path: string): Section {
  const below = path.slice(BASE.length)
  const found = SECTIONS.findLast((section) => below.startsWith(section.path))
  return found?.name ?? 'Overview'
}

/** Answers with a page for who is signed in. Nothing of it may be kept by anyone but the reader. */
export function answerPage(
  c: PageContext,
  page: { title: string; section: Section; status?: ContentfulStatusCode },
  content: Child,
): Response | Promise<Response> {
  const { title, section, status = 200 } = page
  const session = c.get('session')
  const { alerts, stops } = toldTo(session)
  const document = (
    <Document title={title}>
      <Offered scopes={session.scopes}>
        <Navigation session={session} current={section} />
        <main id="main">
          <Alerts alerts={alerts} stops={stops} />
          <BelowAlerts session={session}>
            <UnderStops stops={session.stops}>{content}</UnderStops>
          </BelowAlerts>
        </main>
        <Shortcuts />
      </Offered>
    </Document>
  )
  return c.html(withDoctype(document), status)
}

/** What names endpoints, or their hosts, is for who may look at them. */
function toldTo({ scopes, alerts, toldStops }: Session): Pick<Session, 'alerts' | 'stops'> {
  if (scopes.includes('read')) return { alerts, stops: toldStops }
  return { alerts: [], stops: toldStops.filter(({ host }) => host === EVERY_HOST) }
}

/** Answers with a page for who is not: nothing around it. */
export function answerBarePage(
  c: PageContext,
  page: { title: string; status: ContentfulStatusCode },
  content: Child,
): Response | Promise<Response> {
  const document = (
    <Document title={page.title}>
      <main id="main" class="bare">
        {content}
      </main>
    </Document>
  )
  return c.html(withDoctype(document), page.status)
}

function withDoctype(document: Child) {
  return html`<!doctype html>${document}`
}

function Document({ title, children }: { title: string; children: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title} · CallingBox webhooks</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href={ASSETS.styles} />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <script src={ASSETS.script}></script>
        <script src={ASSETS.htmx} defer></script>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        {children}
        <CopyNews />
      </body>
    </html>
  )
}

function Navigation({ session, current }: { session: Session; current: Section }) {
  return (
    <header class="top">
      <div class="top-row">
        <span class="brand">
          <span class="brand-mark" aria-hidden="true"></span>
          {session.orgName}
        </span>
        <SideOf orgId={session.orgId} />
        <nav aria-label="Main">
          <Sections current={current} />
        </nav>
        <div class="zone">
          <span>
            <span class="hidden">Times are in </span>
            <ZoneName />
          </span>
          <button type="button" class="quiet small needs-js" data-zone-switch>
            Show UTC
          </button>
          <ShowShortcuts />
        </div>
        <form method="post" action={`${BASE}/sign-out`} class="sign-out">
          <button class="quiet" title={describeOpener(session)}>
            Sign out
          </button>
        </form>
      </div>
    </header>
  )
}

/** Says on every page that what it shows is test data; of live data nothing is said. */
function SideOf({ orgId }: { orgId: string }) {
  return sideOf(orgId) === 'test' ? <Badge kind="wait">Test data</Badge> : null
}

function Sections({ current }: { current: Section }) {
  const offered = SECTIONS.filter(({ name }) => may(name === 'Settings' ? 'manage' : 'read'))
  return (
    <>
      {offered.map(({ path, name }) => (
        <a href={BASE + path} aria-current={name === current ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </>
  )
}

/** A link's holder is not told whose key it was made with. */
function describeOpener({ keyId, linkId }: Session): string {
  return linkId === undefined ? `Signed in with key ${keyId}` : 'Signed in by a link'
}
