// Which secrets sign for an endpoint at present, and how old they are; never a secret itself.
import type { SigningSecret } from '../../db/views/endpoint-past.ts'
import { writeDuration } from '../ui/durations.ts'
import { Countdown, Time } from '../ui/parts.tsx'

/** The newest first; older ones sign on until their overlap is over. */
export function SigningNow({ secrets, now }: { secrets: SigningSecret[]; now: number }) {
  const [newest] = secrets
  if (newest === undefined) {
    return <p class="pad">No secret signs for it: nothing can be sent until you rotate it.</p>
  }
  return (
    <>
      <p class="muted pad">
        {secrets.length === 1
          ? 'Each request has one signature, made with this secret.'
          : `Each request has ${secrets.length} signatures, one for each of these secrets: a receiver that knows any of them accepts it.`}
      </p>
      <ul class="lines">
        {secrets.map((secret) => (
          <li>
            <span>{secret === newest ? 'The present secret' : 'An old secret'}</span>
            <span class="muted">
              {writeDuration(Math.max(0, now - secret.createdAt))} old, made{' '}
              <Time at={secret.createdAt} />
            </span>
            <span class="muted">
              <Until expiresAt={secret.expiresAt} now={now} />
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Until({ expiresAt, now }: { expiresAt: number | null; now: number }) {
  if (expiresAt === null) return <>signs until you rotate it</>
  return (
    <>
      signs until <Time at={expiresAt} />, which is <Countdown at={expiresAt} now={now} />
    </>
  )
}
