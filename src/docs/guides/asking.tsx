// What whoever asks the API has to know.
import { MAX_BATCH_BYTES, MAX_BODY_BYTES } from '../../api/http/body.ts'
import type { Config } from '../../config.ts'
import { describeCode, ERROR_CODES } from '../../errors.ts'
import { POLICIES } from '../../limits.ts'
import { QUOTAS } from '../../quotas.ts'
import { Table } from '../text.tsx'

/** What a policy of `limits.ts` counts by. */
const COUNTED: Record<keyof typeof POLICIES, string> = {
  auth_failures: 'wrong credentials, by address',
  api_key: 'requests, by API key',
  redeliver: 'redeliveries, by delivery; checks, by endpoint',
  plan_replay: 'plans and starts of replays, by organization',
  org_events: 'events, by organization, whose own quota may be another',
}

/** How to ask once more. */
export function Idempotency() {
  return (
    <>
      <p>
        A POST with an <code>Idempotency-Key</code>, any text of your own of up to 255 printable
        ASCII characters without spaces, acts once within 24 hours however often it is sent.
        Repeated, it is answered as the first was, with <code>Idempotent-Replayed: true</code>. So
        when an answer is lost, send the same request with the same key again.
      </p>
      <p>
        The same key with another request is a 409 <code>idempotency_key_reused</code>. What changed
        nothing, such as an error, is not remembered.
      </p>
      <h2>On the other side</h2>
      <p>
        A webhook may come more than once, also after it was answered. Its <code>id</code> is the
        same each time: keep those that you have handled, in a table with a unique index, and answer
        one that comes again with a 2xx. Each <a href="/docs/receivers">receiver</a> does it, in
        memory.
      </p>
    </>
  )
}

/** Every code. */
export function Errors() {
  return (
    <>
      <p>
        An error has a sentence for a person, a stable <code>code</code> for a program, and the{' '}
        <code>request_id</code> to quote when you ask us. A 400 has <code>issues</code> besides:
        where, and what to do.
      </p>
      <Table
        label="Error codes"
        heads={['Code', 'Status', 'What to do']}
        rows={ERROR_CODES.map((code) => {
          const { status, sentence } = describeCode(code)
          return [<code>{code}</code>, String(status), sentence]
        })}
      />
    </>
  )
}

/** Figures. */
export function Limits({ config: { retentionDays, auditRetentionDays } }: { config: Config }) {
  return (
    <>
      <Table
        label="How often"
        heads={['Counted', 'At most']}
        rows={Object.entries(POLICIES).map(([policy, { quota, windowS }]) => [
          // The entries are those of POLICIES.
          COUNTED[policy as keyof typeof POLICIES],
          `${quota.toLocaleString('en')} in ${windowS} seconds`,
        ])}
      />
      <Table
        label="Quotas of an organization"
        heads={['Quota', 'At most, unless the operator says otherwise']}
        rows={Object.entries(QUOTAS).map(([quota, { usual, what }]) => [
          <code>{quota}</code>,
          `${usual.toLocaleString('en')} ${what}`,
        ])}
      />
      <p>
        One too many is a 429 with <code>Retry-After</code>. Answers have{' '}
        <code>RateLimit-Policy</code>.
      </p>
      <Table
        label="How large, how long"
        heads={['What', 'At most']}
        rows={[
          ['An event, or any other body', `${MAX_BODY_BYTES / 1024} KB`],
          ['A batch of events', `${MAX_BATCH_BYTES / 1024} KB, 100 events`],
          ['Endpoints of an organization', '100, five of them of the kind “listen”'],
          ['A stream of one of these', 'four minutes, ten webhooks without an answer'],
          ['Finished deliveries and their events are kept', `${retentionDays} days`],
          ['The audit log is kept', `${auditRetentionDays} days`],
        ]}
      />
    </>
  )
}
