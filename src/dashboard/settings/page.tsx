// What the settings show: API keys, quotas, the default signing secret, the newest of the audit log.
import type { Grant } from '../../account/scopes.ts'
import type { Side } from '../../db/sides.ts'
import type { ApiKey } from '../../db/account/api-keys.ts'
import type { QuotaUse } from '../../db/account/quotas.ts'
import type { OpenSession } from '../../db/account/sessions.ts'
import type { AuditEntry } from '../../db/views/audit-log.ts'
import { SETTINGS } from '../context.ts'
import { ShownOnce } from '../ui/copy.tsx'
import { Current, digestOf } from '../ui/current.tsx'
import { QuotaAlerts, Quotas } from '../ui/quotas.tsx'
import { Notice, PageHead } from '../ui/parts.tsx'
import { AuditLog } from './audit-log.tsx'
import { isExpired, KeyForm, Keys, type TypedKey } from './keys.tsx'
import { OpenSessions } from './open-sessions.tsx'

/** What the page shows. */
export type ShownSettings = {
  typed: TypedKey
  keys: ApiKey[]
  log: AuditEntry[]
  sessions: OpenSession[]
  quotas: QuotaUse[]
  /** This session, and its key. */
  ownId: string
  ownKeyId: string
  /** What a new key may have, and the side of whoever looks. */
  grant: Grant
  side: Side
  now: number
  notice?: { kind: 'ok' | 'bad'; text: string } | undefined
  /** A new key, and the default secret, on the one answer that has them. */
  newKey?: string
  secret?: string | undefined
}

/** How often an open page asks, in seconds. */
const POLL_S = 15

/** What an open page shows that may change; a key expires as time passes. */
export function seenOfSettings({ keys, sessions, quotas, log, now }: ShownSettings): string {
  return digestOf(
    keys,
    sessions,
    quotas,
    log,
    keys.map((key) => isExpired(key, now)),
  )
}

/** The whole page. What is typed is left alone, and so is what is shown once. */
export function SettingsPage(shown: ShownSettings) {
  const { notice, newKey, secret, log, typed } = shown
  return (
    <>
      <PageHead title="Settings" />
      {notice === undefined ? null : <Notice kind={notice.kind}>{notice.text}</Notice>}
      {newKey === undefined ? null : <ShownOnce id="new-key" label="New API key" text={newKey} />}
      {secret === undefined ? null : <ShownOnce id="secret" label="Signing secret" text={secret} />}
      <Current id="settings" path={SETTINGS} everyS={POLL_S} seen={seenOfSettings(shown)}>
        <QuotaAlerts uses={shown.quotas} />
        <Keys {...shown} />
        <OpenSessions sessions={shown.sessions} ownId={shown.ownId} />
        <div class="columns even" id="settings-forms" hx-morph-skip>
          <KeyForm typed={typed} grant={shown.grant} side={shown.side} />
          <DefaultSecret />
        </div>
        <Quotas uses={shown.quotas} />
        <section class="card" aria-labelledby="audit">
          <div class="card-head">
            <h2 id="audit">Audit log</h2>
            <a href={`${SETTINGS}/audit-log`}>All of it</a>
          </div>
          <AuditLog entries={log} />
        </section>
      </Current>
    </>
  )
}

function DefaultSecret() {
  return (
    <section class="card">
      <div class="card-head">
        <h2>Default signing secret</h2>
      </div>
      <p class="muted pad">
        It signs inline deliveries, those to a call's own <code>webhook_url</code>. Each look at it
        is in the audit log.
      </p>
      <div class="pad inline">
        <form method="post" action={`${SETTINGS}/secret/reveal`}>
          <button>Reveal</button>
        </form>
        <a class="button" href={`${SETTINGS}/secret/rotate`}>
          Rotate it…
        </a>
      </div>
    </section>
  )
}
