// Who changed what, when and from where, as lines of a table.
import type { AuditEntry } from '../../db/views/audit-log.ts'
import { BASE } from '../context.ts'
import { Time } from '../ui/parts.tsx'

/** Entries, newest first. */
export function AuditLog({ entries }: { entries: AuditEntry[] }) {
  if (entries.length === 0) return <p class="muted pad">Nothing has been changed yet.</p>
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Entries of the audit log">
      <table class="rows audit">
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th>On</th>
            <th>From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr>
              <td>
                <Time at={entry.at} />
              </td>
              <td>
                <Who actor={entry.actor} />
              </td>
              <td>
                {sentenceOf(entry.action)}
                <Details details={entry.details} />
              </td>
              <td class="mono">
                <Target entry={entry} />
              </td>
              <td class="muted">{entry.ip ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Who({ actor }: { actor: string }) {
  if (actor === 'admin') return <>The operator</>
  const keyId = actor.replace(/^dashboard:/, '')
  return (
    <>
      Key <code>{keyId}</code>
      {keyId === actor ? null : <span class="sub">in the dashboard</span>}
    </>
  )
}

/** `endpoint.rotate_secret` → `Endpoint: rotate secret` */
function sentenceOf(action: string): string {
  const [target = '', verb = ''] = action.split('.')
  const words = target.replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}: ${verb.replaceAll('_', ' ')}`
}

function Details({ details }: { details: string }) {
  return details === '{}' ? null : <span class="sub mono breakable">{details}</span>
}

function Target({ entry: { targetType, targetId } }: { entry: AuditEntry }) {
  const pages: Record<string, string> = { endpoint: 'endpoints', delivery: 'deliveries' }
  const page = pages[targetType]
  const short = `…${targetId.slice(-12)}`
  if (page === undefined) return <span title={targetId}>{short}</span>
  return (
    <a href={`${BASE}/${page}/${targetId}`} title={targetId}>
      {short}
    </a>
  )
}
