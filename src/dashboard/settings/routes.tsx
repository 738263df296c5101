// The organization's keys, its default secret, and who changed what.
import { Hono } from 'hono'
import { issueKey, revokeKey } from '../../account/keys.ts'
import { KeyMode, Name } from '../../account/schema.ts'
import { replaceDefaultSecret, showDefaultSecret } from '../../account/secrets.ts'
import { listApiKeys } from '../../db/account/api-keys.ts'
import { listAuditLog } from '../../db/views/audit-log.ts'
import { AppError } from '../../errors.ts'
import {
  actorOf,
  BASE,
  dataOf,
  idOf,
  readId,
  SETTINGS,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { readExpiry, readField, readOverlapMs } from '../fields.ts'
import { closeSession } from '../session.ts'
import { answerPage } from '../ui/layout.tsx'
import { AuditLog } from './audit-log.tsx'
import { SettingsPage, type ShownSettings } from './page.tsx'

/** Entries of a page of the audit log, and of its beginning on the settings page. */
const AUDIT_PAGE = 50
const AUDIT_BEGINNING = 8

/** The routes below /dashboard/settings. */
export function settingsRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/', (c) => {
    const isRevoked = c.req.query('done') === 'revoked'
    const text = 'Revoked. It fails from now on.'
    return answerSettings(c, isRevoked ? { notice: { kind: 'ok', text } } : {})
  })
  app.get('/audit-log', (c) => answerAuditLog(c))
  app.post('/keys', (c) => createKey(c))
  app.post('/keys/:id/revoke', (c) => revoke(c))
  app.post('/secret/reveal', async (c) => {
    const secret = await showDefaultSecret(c.get('world'), actorOf(c))
    return answerSettings(c, { secret })
  })
  app.post('/secret/rotate', (c) => rotate(c))
  return app
}

async function answerSettings(c: PageContext, extra: Partial<ShownSettings> = {}) {
  const { now } = c.get('world')
  const { orgId, keyId } = c.get('session')
  const [keys, log] = await Promise.all([
    listApiKeys(dataOf(c), orgId),
    listAuditLog(dataOf(c), orgId, { limit: AUDIT_BEGINNING }),
  ])
  const shown = { keys, log: log.rows, ownKeyId: keyId, now: now() }
  return answerPage(
    c,
    { title: 'Settings', section: 'Settings', status: extra.notice?.kind === 'bad' ? 409 : 200 },
    <SettingsPage {...shown} {...extra} />,
  )
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
        <AuditLog entries={rows} />
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

async function createKey(c: PageContext) {
  const { name, mode, days } = await c.req.parseBody()
  const world = c.get('world')
  const wanted = {
    name: readField('name', Name, name),
    mode: readField('mode', KeyMode.default('live'), mode),
    expiresAt: readExpiry(days, world.now()),
  }
  const { answer } = await issueKey(world, actorOf(c), wanted, { pepper: c.env.API_KEY_PEPPER })
  return answerSettings(c, { newKey: answer.key })
}

async function rotate(c: PageContext) {
  const { overlap } = await c.req.parseBody()
  try {
    const rotation = { overlapMs: readOverlapMs(overlap) }
    const { answer: secret } = await replaceDefaultSecret(c.get('world'), actorOf(c), rotation)
    const text = 'Rotated. This is the new default secret.'
    return await answerSettings(c, { secret, notice: { kind: 'ok', text } })
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 409) throw error
    return answerSettings(c, { notice: { kind: 'bad', text: error.message } })
  }
}

/** Whoever revokes the key of this very session has ended it. */
async function revoke(c: PageContext) {
  const { answer: key } = await revokeKey(c.get('world'), actorOf(c), idOf(c))
  if (key.publicId !== c.get('session').keyId) return c.redirect(`${SETTINGS}?done=revoked`, 303)
  await closeSession(c)
  return c.redirect(`${BASE}/sign-in`, 303)
}
