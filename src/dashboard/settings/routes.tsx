// The organization's keys, its default secret, and who changed what.
import { Hono } from 'hono'
import { listAuditLog } from '../../db/views/audit-log.ts'
import { dataOf, readId, SETTINGS, type DashboardEnv, type PageContext } from '../context.ts'
import { answerPage } from '../ui/layout.tsx'
import { settingsActRoutes } from './settings-acts.tsx'
import { answerSettings } from './settings-answer.tsx'
import { AuditLog } from './audit-log.tsx'

/** Entries of a page of the audit log. */
const AUDIT_PAGE = 50

const NOTICES: Record<string, string> = {
  revoked: 'Revoked. It fails from now on.',
  ended: 'Ended. Whoever it was is signed out.',
}

/** The routes below /dashboard/settings. */
export function settingsRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => {
    const text = NOTICES[c.req.query('done') ?? '']
    return answerSettings(c, text === undefined ? {} : { notice: { kind: 'ok', text } })
  })
  app.get('/audit-log', (c) => answerAuditLog(c))
  app.route('/', settingsActRoutes())
  return app
}

async function answerAuditLog(c: PageContext) {
  const page = { startingAfter: readId(c.req.query('after')), limit: AUDIT_PAGE }
  const { rows, hasMore } = await listAuditLog(dataOf(c), c.get('session').orgId, page)
  const next = hasMore ? rows.at(-1)?.id : undefined
  return answerPage(
    c,
    { title: 'Audit log', section: 'Settings' },
    <>
      <div class="page-head">
        <div>
          <p class="crumb">
            <a href={SETTINGS}>Settings</a>
          </p>
          <h1>Audit log</h1>
        </div>
      </div>
      <section class="card">
        <AuditLog entries={rows} origin={new URL(c.req.url).origin} />
        {next === undefined ? null : (
          <nav class="pager" aria-label="Pages">
            <a class="next-page" href={`${SETTINGS}/audit-log?after=${next}`}>
              Older →
            </a>
          </nav>
        )}
      </section>
    </>,
  )
}
