// API keys: the list, and the form for a new one.
import { readScopes, type Grant, type Scope } from '../../account/scopes.ts'
import type { ApiKey } from '../../db/account/api-keys.ts'
import { sideOf, type Side } from '../../db/sides.ts'
import { SETTINGS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { HiddenFields } from '../ui/forms.tsx'
import { Badge, Time } from '../ui/parts.tsx'

/** A new key's form as it was filled in, and the token by which it makes one key. */
export type TypedKey = { name: string; mode: string; days: string; scopes: string[]; token: string }

/** Whether its time is over. */
export function isExpired({ expiresAt }: ApiKey, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

/** The keys, newest first; `ownKeyId` is that of whoever looks. */
export function Keys({ keys, ownKeyId, now }: { keys: ApiKey[]; ownKeyId: string; now: number }) {
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
  const hasExpired = isExpired(apiKey, now)
  return (
    <li>
      <span class="clip">
        {name}
        <span class="sub mono">
          <Copyable what="key id" text={publicId}>
            {publicId}…
          </Copyable>
          {isOwn ? ' (this session)' : ''}
        </span>
        <span class="sub">{describeKey(apiKey)}</span>
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
          {expiresAt === null ? '' : hasExpired ? ', expired ' : ', expires '}
          {expiresAt === null ? null : <Time at={expiresAt} />}
        </span>
      </span>
      {revokedAt !== null || hasExpired ? (
        <Badge kind="plain">{revokedAt === null ? 'Expired' : 'Revoked'}</Badge>
      ) : (
        <a class="button small danger" href={`${SETTINGS}/keys/${id}/revoke`}>
          Revoke…<span class="hidden"> {name}</span>
        </a>
      )}
    </li>
  )
}

/** Its mode, and what it may where that is not all. */
function describeKey({ orgId, scopes }: ApiKey): string {
  const may = scopes === null ? '' : `, may ${readScopes(scopes).join(', ')}`
  return `${sideOf(orgId)} key${may}`
}

/** Choices of how long a key lives, in days. */
const LIVES = [
  { days: '', label: 'Never' },
  { days: '30', label: 'In 30 days' },
  { days: '90', label: 'In 90 days' },
  { days: '365', label: 'In a year' },
]

/** What each scope lets do. */
const MEANINGS: Record<Scope, string> = {
  send: 'send events',
  read: 'look at deliveries, events, endpoints and replays',
  operate: 'redeliver, replay, enable, disable and test',
  manage: 'change endpoints, secrets and keys',
}

/** The form for a new one, which offers no more than whoever makes it may hand on; a test key makes test keys alone. */
export function KeyForm({ typed, grant, side }: { typed: TypedKey; grant: Grant; side: Side }) {
  const { name, mode, days, scopes, token } = typed
  return (
    <section class="card">
      <div class="card-head">
        <h2>New API key</h2>
      </div>
      <form method="post" action={`${SETTINGS}/keys`} class="stack pad">
        <label>
          Name
          <input name="name" value={name} required placeholder="What uses it?" />
        </label>
        {side === 'test' ? null : <ModeField chosen={mode} />}
        <label>
          Expires
          <select name="days">
            {LIVES.map((life) => (
              <option value={life.days} selected={life.days === days}>
                {life.days === '' && grant.expiresAt !== null ? 'With your own key' : life.label}
              </option>
            ))}
          </select>
        </label>
        <ScopeBoxes offered={grant.scopes} ticked={scopes} />
        <HiddenFields fields={[['token', token]]} />
        <button class="primary">Create key</button>
      </form>
    </section>
  )
}

function ModeField({ chosen }: { chosen: string }) {
  return (
    <label>
      Mode
      <select name="mode">
        <option value="live">Live, sk_live_…</option>
        <option value="test" selected={chosen === 'test'}>
          Test, sk_test_…: endpoints, secrets, events and deliveries of its own
        </option>
      </select>
    </label>
  )
}

function ScopeBoxes({ offered, ticked }: { offered: readonly Scope[]; ticked: string[] }) {
  return (
    <fieldset class="boxes">
      <legend>May</legend>
      {offered.map((scope) => (
        <label class="check">
          <input type="checkbox" name="scopes" value={scope} checked={ticked.includes(scope)} />{' '}
          <span>
            <strong>{scope}</strong>: {MEANINGS[scope]}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
