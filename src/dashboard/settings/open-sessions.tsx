// Who is signed in: the open sessions, each with the button that ends it.
import type { OpenSession } from '../../db/account/sessions.ts'
import { SETTINGS } from '../context.ts'
import { Time, Who } from '../ui/parts.tsx'

/** The open sessions, newest first; `ownId` is that of whoever looks. */
export function OpenSessions({ sessions, ownId }: { sessions: OpenSession[]; ownId: string }) {
  return (
    <section class="card" aria-labelledby="sessions">
      <div class="card-head">
        <h2 id="sessions">Signed in</h2>
      </div>
      <ul class="lines keys">
        {sessions.map((session) => (
          <SessionLine session={session} isOwn={session.id === ownId} />
        ))}
      </ul>
    </section>
  )
}

function SessionLine({ session, isOwn }: { session: OpenSession; isOwn: boolean }) {
  const { id, opener, createdAt, expiresAt, scopes } = session
  return (
    <li>
      <span class="clip">
        <Who actor={opener} />
        <span class="sub">
          {scopes === null ? 'may do all that the key may' : `may ${scopes.join(' and ')}`}
          {isOwn ? ' (this session)' : ''}
        </span>
      </span>
      <span class="muted">
        since <Time at={createdAt} />
        <span class="sub">
          until <Time at={expiresAt} />
        </span>
      </span>
      <form method="post" action={`${SETTINGS}/sessions/${id}/end`}>
        <button class="small">
          End<span class="hidden"> the session {id}</span>
        </button>
      </form>
    </li>
  )
}
