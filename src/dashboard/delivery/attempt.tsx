// One attempt: its request and its response, side by side.
import type { NumberedEntry, Superseder } from '../../delivery/attempt/log.ts'
import { Badge, Time, writeDuration } from '../ui/parts.tsx'

/** An attempt in one line; unfolded, with all that was sent and all that came back. */
export function AttemptDetails({ entry, isOpen }: { entry: NumberedEntry; isOpen: boolean }) {
  const { number, error, response, duration_ms: durationMs, started_at: startedAt } = entry
  return (
    <details class="attempt" id={`attempt-${number}`} open={isOpen}>
      <summary>
        <span class="attempt-name">Attempt {number}</span>
        <Badge kind={error ? 'bad' : 'ok'}>
          {error ? error.message : `HTTP ${response?.status ?? ''}`}
        </Badge>
        <span class="muted">{describeTrigger(entry)}</span>
        <span class="attempt-when muted">
          {writeDuration(durationMs)} · <Time at={Date.parse(startedAt)} />
        </span>
      </summary>
      {entry.superseded ? (
        <p class="muted pad">
          While this attempt was under way {MEANWHILE[entry.superseded]}, so its outcome changed
          nothing.
        </p>
      ) : null}
      <div class="sides">
        <Request entry={entry} />
        <Response entry={entry} />
      </div>
    </details>
  )
}

/** What superseded an attempt, in words that follow "while it was under way". */
export const MEANWHILE: Record<Superseder, string> = {
  redelivery: 'a redelivery was asked for',
  deletion: 'its endpoint was deleted',
  attempt: 'another attempt was recorded first',
}

/** Who or what started the attempt. */
export function describeTrigger({ trigger, requested_by: by }: NumberedEntry): string {
  if (trigger === 'automatic') return 'automatic'
  if (by === null) return 'by hand'
  const keyId = by.replace(/^dashboard:/, '')
  return keyId === by ? `by hand, key ${by}` : `by hand in the dashboard, key ${keyId}`
}

function Request({ entry }: { entry: NumberedEntry }) {
  if (!entry.request) return <Missing title="Request" />
  return (
    <section class="side">
      <h3>Request</h3>
      <Headers headers={entry.request.headers} />
      <p class="muted small">Signatures are shortened. The body is the same on every attempt.</p>
    </section>
  )
}

function Response({ entry }: { entry: NumberedEntry }) {
  const { response, error, headers_ms: headersMs, duration_ms: durationMs } = entry
  if (response === undefined) return <Missing title="Response" />
  return (
    <section class="side">
      <h3>Response</h3>
      {error ? (
        <p class="fault">
          <code>{error.kind}</code> {error.message}
        </p>
      ) : null}
      {response === null ? (
        <p class="muted">No response came within {writeDuration(durationMs)}.</p>
      ) : (
        <>
          <p class="small muted">
            HTTP {response.status}, headers after {writeDuration(headersMs ?? 0)}, all of it after{' '}
            {writeDuration(durationMs)}
          </p>
          <Headers headers={response.headers} />
          {response.body === '' ? (
            <p class="muted small">The body is empty.</p>
          ) : (
            <pre tabindex={0} role="region" aria-label={`Response body of attempt ${entry.number}`}>
              {response.body}
            </pre>
          )}
        </>
      )}
    </section>
  )
}

function Headers({ headers }: { headers: Record<string, string> }) {
  return (
    <dl class="headers">
      {Object.entries(headers).map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Missing({ title }: { title: string }) {
  return (
    <section class="side">
      <h3>{title}</h3>
      <p class="muted">Not kept: this delivery's log had grown to its limit.</p>
    </section>
  )
}
