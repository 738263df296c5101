// What is asked before an act on a key or on the default secret: in words that say what will break, and when.
import type { ApiKey } from '../../db/account/api-keys.ts'
import { sideOf, type Side } from '../../db/sides.ts'
import type { OpenSession } from '../../db/account/sessions.ts'
import { SETTINGS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { OverlapField, Question } from '../ui/forms.tsx'
import { Time, Who } from '../ui/parts.tsx'

/** A key that is about to be revoked, and what it means for whoever revokes it. */
type AskedKey = {
  apiKey: Pick<ApiKey, 'id' | 'orgId' | 'name' | 'publicId' | 'lastUsedAt'>
  isOwn: boolean
  /** No other key of its side is in force. */
  isLast: boolean
  token: string
}

/** Before a key is revoked. */
export function AskToRevoke({ apiKey, isOwn, isLast, token }: AskedKey) {
  const { id, orgId, name, publicId, lastUsedAt } = apiKey
  return (
    <Question
      title={`Revoke the key ${name}?`}
      action={`${SETTINGS}/keys/${id}/revoke`}
      token={token}
      submit={`Revoke ${name}`}
      back={SETTINGS}
    >
      <p>
        From this moment on every request with{' '}
        <Copyable what="key id" text={publicId}>
          <code>{publicId}…</code>
        </Copyable>{' '}
        is refused, and whoever is signed in with it is signed out. It cannot be undone. It was{' '}
        {lastUsedAt === null ? (
          'never used.'
        ) : (
          <>
            last used <Time at={lastUsedAt} />.
          </>
        )}
      </p>
      {isOwn ? (
        <p>
          <strong>You are signed in with it yourself:</strong> this session ends at once, and to
          come back you need another key.
        </p>
      ) : null}
      {isLast ? <NoOther side={sideOf(orgId)} /> : null}
    </Question>
  )
}

function NoOther({ side }: { side: Side }) {
  return side === 'test' ? (
    <p>
      <strong>No other test key is in force.</strong> Nothing can be sent to the test side and
      nobody can sign in to it until a live key has made a new one.
    </p>
  ) : (
    <p>
      <strong>No other key is in force.</strong> Nothing can be sent to this organization and nobody
      can sign in until whoever runs the service has made a new one.
    </p>
  )
}

/** Before the default secret is replaced; `overlap` is in seconds, as text. */
export function AskToRotateDefault({ overlap, token }: { overlap: string; token: string }) {
  return (
    <Question
      title="Rotate the default signing secret?"
      action={`${SETTINGS}/secret/rotate`}
      token={token}
      submit="Rotate the default secret"
      back={SETTINGS}
    >
      <p>
        A new secret is made and shown once. Until the old one stops, each inline delivery is signed
        with both. From the moment it stops, every receiver of calls with a <code>webhook_url</code>{' '}
        that has only the old one refuses them.
      </p>
      <OverlapField chosen={overlap} />
    </Question>
  )
}

/** Before the default secret is shown, where somebody comes to its address. */
export function AskToReveal({ token }: { token: string }) {
  return (
    <Question
      title="Reveal the default signing secret?"
      action={`${SETTINGS}/secret/reveal`}
      token={token}
      submit="Reveal"
      isDangerous={false}
      back={SETTINGS}
    >
      <p>Nothing changes by it. The look at it is in the audit log.</p>
    </Question>
  )
}

/** Before somebody's session is ended. */
export function AskToEnd(props: { session: OpenSession; isOwn: boolean; token: string }) {
  const { session, isOwn, token } = props
  const { id, opener, createdAt } = session
  return (
    <Question
      title="End this session?"
      action={`${SETTINGS}/sessions/${id}/end`}
      token={token}
      submit="End the session"
      back={SETTINGS}
    >
      <p>
        <Who actor={opener} /> signed in <Time at={createdAt} />. Whoever it is is signed out at
        once, and what was typed but not sent is asked for again once they have signed in.
      </p>
      {isOwn ? (
        <p>
          <strong>It is your own session.</strong>
        </p>
      ) : null}
    </Question>
  )
}
