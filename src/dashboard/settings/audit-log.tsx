// Who changed what, when and from where, as lines of a table.
import type { AuditEntry } from '../../db/views/audit-log.ts'
import { BASE } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { CreateEndpoint } from '../ui/commands.tsx'
import { EndOfId, Time, Who } from '../ui/parts.tsx'

/** Entries, newest first; without any, with `origin`, a command that makes one. */
export function AuditLog({ entries, origin }: { entries: AuditEntry[]; origin?: string }) {
  if (entries.length === 0) return <NoEntries origin={origin} />
  return (
    <table class="rows audit">
      <thead>
        <tr>
          <th class="cell-created">When</th>
          <th class="cell-by">Who</th>
          <th>What</th>
          <th class="cell-target">On</th>
          <th class="cell-from">From</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr>
            <td data-name="When">
              <Time at={entry.at} />
            </td>
            <td data-name="Who">
              <Who actor={entry.actor} />
            </td>
            <td class="cell-what">
              {sentenceOf(entry.action)}
              <Details details={entry.details} />
            </td>
            <td class="mono breakable" data-name="On">
              <Target entry={entry} />
            </td>
            <td class="muted breakable" data-name="From">
              {entry.ip ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function NoEntries({ origin }: { origin: string | undefined }) {
  return (
    <div class="pad">
      <p class="muted">
        Nothing has been changed yet. Whatever creates, changes or redelivers is written down here.
      </p>
      {origin === undefined ? null : <CreateEndpoint origin={origin} />}
    </div>
  )
}

/** `endpoint.rotate_secret` → `Endpoint: rotate secret` */
function sentenceOf(action: string): string {
  const [target = '', verb = ''] = action.split('.')
  const words = target.replaceAll('_', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}: ${verb.replaceAll('_', ' ')}`
}

function Details({ details }: { details: string }) {
  return details === '{}' ? null : (
    <span class="sub mono breakable">
      <Copyable what="details" text={details} />
    </span>
  )
}

function Target({ entry: { targetType, targetId } }: { entry: AuditEntry }) {
  const pages: Record<string, string> = {
    endpoint: 'endpoints',
    delivery: 'deliveries',
    replay: 'replays',
  }
  const page = pages[targetType]
  return (
    <Copyable what={`${targetType.replaceAll('_', ' ')} id`} text={targetId}>
      {page === undefined ? (
        <EndOfId id={targetId} />
      ) : (
        <a href={`${BASE}/${page}/${targetId}`}>
          <EndOfId id={targetId} />
        </a>
      )}
    </Copyable>
  )
}
