// The answer with the settings, whatever was done to them.
import { listKeys } from '../../account/keys.ts'
import { readQuotas } from '../../db/account/quotas.ts'
import { listSessions } from '../../db/account/sessions.ts'
import { sideOf } from '../../db/sides.ts'
import { listAuditLog } from '../../db/views/audit-log.ts'
import { dataOf, type PageContext } from '../context.ts'
import { hasSeen } from '../ui/current.tsx'
import { answerPage } from '../ui/layout.tsx'
import { SettingsPage, seenOfSettings, type ShownSettings } from './page.tsx'

/** Entries of the audit log's beginning. */
const AUDIT_BEGINNING = 8

/** Answers with the page; `extra` is what it shows this once, and `status` that of what was refused. */
export async function answerSettings(
  c: PageContext,
  extra: Partial<ShownSettings> = {},
  status: 200 | 400 | 409 = 200,
) {
  const { now } = c.get('world')
  const { orgId, id: ownId, keyId, grant } = c.get('session')
  const [keys, sessions, quotas, log] = await Promise.all([
    listKeys(c.get('world'), orgId),
    listSessions(dataOf(c), orgId, now()),
    readQuotas(dataOf(c), orgId, now()),
    listAuditLog(dataOf(c), orgId, { limit: AUDIT_BEGINNING }),
  ])
  const typed = {
    name: '',
    mode: '',
    days: '',
    scopes: [...grant.scopes],
    token: crypto.randomUUID(),
  }
  const whose = { ownId, ownKeyId: keyId, grant, side: sideOf(orgId) }
  const shown = { keys, sessions, quotas, log: log.rows, ...whose, now: now(), typed }
  if (hasSeen(c, seenOfSettings(shown))) return c.body(null, 204)
  return answerPage(
    c,
    { title: 'Settings', section: 'Settings', status },
    <SettingsPage {...shown} {...extra} />,
  )
}
