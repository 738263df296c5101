// The style sheet and the scripts, each under a name that changes with its content.
import { Hono } from 'hono'
import htmx from 'htmx.org/dist/htmx.min.js'
import page from './assets/dashboard.js'
import drafts from './assets/drafts.js'
import filters from './assets/filters.js'
import shortcuts from './assets/shortcuts.js'
import times from './assets/times.js'
import { BASE, type DashboardEnv } from './context.ts'
import base from './assets/base.css'
import controls from './assets/controls.css'
import delivery from './assets/delivery.css'
import figures from './assets/figures.css'
import frame from './assets/frame.css'
import lists from './assets/lists.css'
import replays from './assets/replays.css'
import screens from './assets/screens.css'
import tables from './assets/tables.css'

// The cascade's order: what comes later wins.
const styles = [base, controls, frame, lists, tables, delivery, figures, replays, screens].join(
  '\n',
)

// One file: the others use what the times' has.
const script = [times, page, drafts, filters, shortcuts].join('\n')

const YEAR_S = 31_536_000

const JAVASCRIPT = 'text/javascript; charset=utf-8'

/** Their URLs. */
export const ASSETS = {
  styles: urlOf('dashboard', 'css', styles),
  script: urlOf('dashboard', 'js', script),
  htmx: urlOf('htmx', 'js', htmx),
}

/** Serves them, to be kept for a year: another content has another URL. */
export function assetRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  const files = { [ASSETS.styles]: styles, [ASSETS.script]: script, [ASSETS.htmx]: htmx }
  for (const [url, content] of Object.entries(files)) {
    app.get(url.slice(BASE.length), (c) =>
      c.body(content, 200, {
        'Content-Type': url.endsWith('.css') ? 'text/css; charset=utf-8' : JAVASCRIPT,
        'Cache-Control': `public, max-age=${YEAR_S}, immutable`,
      }),
    )
  }
  return app
}

function urlOf(name: string, extension: string, content: string): string {
  return `${BASE}/assets/${name}-${fingerprint(content)}.${extension}`
}

/** FNV-1a, 32 bits: it has to tell versions apart, not to withstand anyone. */
function fingerprint(content: string): string {
  let hash = 0x811c9dc5
  for (let place = 0; place < content.length; place += 1) {
    hash = Math.imul(hash ^ content.charCodeAt(place), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
