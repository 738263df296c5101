// What the settings show: API keys, the default signing secret, the newest of the audit log.
import type { ApiKey } from '../../db/account/api-keys.ts'
import type { AuditEntry } from '../../db/views/audit-log.ts'
import { SETTINGS } from '../context.ts'
import { Confirm, OverlapForm } from '../ui/forms.tsx'
import { Badge, Notice, PageHead, ShownOnce, Time } from '../ui/parts.tsx'
import { AuditLog } from './audit-log.tsx'

/** What the page shows. */
export type ShownSettings = {
  keys: ApiKey[]
  log: AuditEntry[]
  /** The key of this session. */
  ownKeyId: string
  now: number
  notice?: { kind: 'ok' | 'bad'; text: string }
  /** A new key, and the default secret, on the one answer that has them. */
  newKey?: string
  secret?: string | undefined
}

/** The whole page. */
export function SettingsPage(shown: ShownSettings) {
  const { notice, newKey, secret, log } = shown
  return (
    <>
      <PageHead title="Settings" />
      {notice === undefined ? null : <Notice kind={notice.kind}>{notice.text}</Notice>}
      {newKey === undefined ? null : <ShownOnce id="new-key" label="New API key" text={newKey} />}
      {secret === undefined ? null : <ShownOnce id="secret" label="Signing secret" text={secret} />}
      <Keys {...shown} />
      <div class="columns even">
        <KeyForm />
        <DefaultSecret />
      </div>
      <section class="card" aria-labelledby="audit">
        <div class="card-head">
          <h2 id="audit">Audit log</h2>
          <a href={`${SETTINGS}/audit-log`}>All of it</a>
        </div>
        <AuditLog entries={log} />
      </section>
    </>
  )
}

function Keys({ keys, ownKeyId, now }: ShownSettings) {
  return (
    <section class="card" aria-labelledby="keys">
      <div class="card-head">
        <h2 id="keys">API keys</h2>
      </div>
      <ul class="lines keys">
        {keys.toReversed().map((key) => (
          <KeyLine apiKey={key} isOwn={key.publicId === ownKeyId} now={now} />
        ))}
      </ul>
    </section>
  )
}

function KeyLine({ apiKey, isOwn, now }: { apiKey: ApiKey; isOwn: boolean; now: number }) {
  const { id, name, publicId, createdAt, expiresAt, revokedAt, lastUsedAt } = apiKey
  const isExpired = expiresAt !== null && expiresAt <= now
  return (
    <li>
      <span class="clip">
        {name}
        <span class="sub mono">
          {publicId}…{isOwn ? ' (this session)' : ''}
        </span>
      </span>
      <span class="muted">
        created <Time at={createdAt} />
        <span class="sub">
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Time at={lastUsedAt} />
            </>
          )}
          {expiresAt === null ? '' : isExpired ? ', expired ' : ', expires '}
          {expiresAt === null ? null : <Time at={expiresAt} />}
        </span>
      </span>
      {revokedAt !== null || isExpired ? (
        <Badge kind="plain">{revokedAt === null ? 'Expired' : 'Revoked'}</Badge>
      ) : (
        <details class="confirm">
          <summary>
            Revoke<span class="hidden"> {name}</span>
          </summary>
          <Confirm action={`${SETTINGS}/keys/${id}/revoke`} submit={`Revoke ${name}`}>
            {isOwn ? 'You are signed in with it: this session ends. ' : ''}It fails from then on.
          </Confirm>
        </details>
      )}
    </li>
  )
}

function KeyForm() {
  return (
    <section class="card">
      <div class="card-head">
        <h2>New API key</h2>
      </div>
      <form method="post" action={`${SETTINGS}/keys`} class="stack pad">
        <label>
          Name
          <input name="name" required placeholder="What uses it?" />
        </label>
        <label>
          Mode
          <select name="mode">
            <option value="live">Live, sk_live_…</option>
            <option value="test">Test, sk_test_…</option>
          </select>
        </label>
        <label>
          Expires
          <select name="days">
            <option value="">Never</option>
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="365">In a year</option>
          </select>
        </label>
        <button class="primary">Create key</button>
      </form>
    </section>
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
      <form method="post" action={`${SETTINGS}/secret/reveal`} class="pad">
        <button>Reveal</button>
      </form>
      <details class="fold">
        <summary>Rotate it</summary>
        <OverlapForm action={`${SETTINGS}/secret/rotate`} submit="Rotate the default secret" />
      </details>
    </section>
  )
}
