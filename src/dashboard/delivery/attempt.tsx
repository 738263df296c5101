// One attempt: its request and its response, side by side.
import { replayOf } from '../../db/lifecycle/replay-outcomes.ts'
import { linkOf } from '../../db/openers.ts'
import type { NumberedEntry, Superseder } from '../../delivery/attempt/log.ts'
import { measureBody } from '../../delivery/attempt/stored-answer.ts'
import { COVER } from '../../webhook/own-headers.ts'
import { REPLAYS } from '../context.ts'
import { CopyBlock, Copyable } from '../ui/copy.tsx'
import { writeDuration } from '../ui/durations.ts'
import { Badge, Time, writeCount } from '../ui/parts.tsx'
import { coverSecrets } from './shown-headers.ts'

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
  discard: 'it was discarded',
  payload_deletion: 'its payload was deleted',
  attempt: 'another attempt was recorded first',
}

/** Who or what started the attempt. */
export function describeTrigger({ trigger, requested_by: by }: NumberedEntry): string {
  if (trigger === 'automatic') return 'automatic'
  if (by === null) return 'by hand'
  if (replayOf(by) !== undefined) return 'by a replay'
  if (linkOf(by) !== undefined) return 'by hand, by somebody with a portal link'
  const keyId = by.replace(/^dashboard:/, '')
  return keyId === by ? `by hand, key ${by}` : `by hand in the dashboard, key ${keyId}`
}

/** The same, leading to the replay if it was one. */
export function Trigger({ entry }: { entry: NumberedEntry }) {
  const replayId = replayOf(entry.requested_by)
  const text = describeTrigger(entry)
  return replayId === undefined ? <>{text}</> : <a href={`${REPLAYS}/${replayId}`}>{text}</a>
}

function Request({ entry }: { entry: NumberedEntry }) {
  if (!entry.request) return <Missing title="Request" />
  return (
    <section class="side">
      <h3>Request</h3>
      <HeaderList headers={entry.request.headers} />
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
          <HeaderList headers={response.headers} />
          {response.body === '' ? null : (
            <CopyBlock
              id={`response-${entry.number}`}
              label={`Response body of attempt ${entry.number}`}
              text={response.body}
            />
          )}
          <p class="muted small">{describeBody(response)}</p>
        </>
      )}
    </section>
  )
}

/** How much of an answer's body is kept. */
export function describeBody(response: { headers: Record<string, string>; body: string }): string {
  const { kept, whole, isFull } = measureBody(response)
  if (whole === undefined) {
    if (isFull) return `Its first ${writeCount(kept)} bytes. More are not kept, if more came.`
    return kept === 0 ? 'The body is empty.' : `${writeCount(kept)} bytes, all that came.`
  }
  if (kept >= whole) return whole === 0 ? 'The body is empty.' : `All ${writeCount(whole)} bytes.`
  // A value of the endpoint's own headers may be covered in it, and then it is shorter than it came.
  const isCovered = !isFull && response.body.includes(COVER)
  if (isCovered) {
    return `It had ${writeCount(whole)} bytes. What stands as ${COVER} was covered, or the body broke off.`
  }
  const why = isFull ? 'More are not kept.' : 'It broke off there.'
  return `Its first ${writeCount(kept)} of ${writeCount(whole)} bytes. ${why}`
}

function HeaderList({ headers }: { headers: Record<string, string> }) {
  return (
    <dl class="headers">
      {coverSecrets(headers).map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          {/* Of what is covered there is nothing to take along. */}
          <dd>
            {value === headers[name] ? <Copyable what={`value of ${name}`} text={value} /> : value}
          </dd>
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
