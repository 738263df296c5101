// Keys: what each lets do, and how one is replaced.
import { Table } from '../text.tsx'

const LETS = {
  send: 'Send events.',
  read: 'Look at events, deliveries, endpoints and replays, in the API and in the dashboard.',
  operate:
    'Redeliver, replay, discard, test and check an endpoint, enable and disable it. To send copies to another URL takes `manage` besides.',
  manage:
    'Create, change and delete endpoints; rotate secrets; make and revoke keys and portal links; delete what an event says; read the audit log.',
}

/** What a key lets do. */
export function Keys() {
  return (
    <>
      <p>
        A key opens one organization, for what its <strong>scopes</strong> say. It has all of them,
        unless it was made with less: give a program no more than it needs. None includes another,
        and they never change: to change what a program may do, make it another key.
      </p>
      <Table
        label="Scopes"
        heads={['Scope', 'Lets do']}
        rows={Object.entries(LETS).map(([scope, lets]) => [<code>{scope}</code>, lets])}
      />
      <p>
        Anything else is a 403 <code>insufficient_scope</code> that names the scope it takes; the{' '}
        <a href="/docs/reference">reference</a> has it for each operation. Whoever signs in to the
        dashboard with a key may do there what the key may.
      </p>
      <TestKeys />
      <h2 id="making">Making and replacing a key</h2>
      <p>
        In the dashboard’s settings, or by <code>POST /v1/api_keys</code> with a key that has{' '}
        <code>manage</code>. No key makes one of more scope or longer life than its own. To replace
        a key, make the new one, have your programs use it, see in the settings that the old one is
        no longer used, and revoke it: <code>DELETE /v1/api_keys/{'{id}'}</code>. It fails on its
        next request, whoever is signed in by it is signed out, and the portal links that it made
        are no longer good. Keys that it made go on: after a leak, revoke those as well; the audit
        log has which they are.
      </p>
    </>
  )
}

function TestKeys() {
  return (
    <>
      <h2 id="test">Test keys</h2>
      <p>
        A test key, <code>sk_test_…</code>, is for trying things out while the organization goes on:
        it has endpoints, secrets, events and deliveries of its own, under an <code>org_id</code> of
        its own. What is sent with it never reaches a live endpoint, no live key reads its
        deliveries, and the dashboard says <em>Test data</em> on every page of who is signed in with
        one. Ask for <code>{'"mode": "test"'}</code>; the first one makes the test side. A live key
        with <code>manage</code> makes, lists and revokes keys of both sides, a test key test keys
        alone. The operator stops, moves and deletes both sides together.
      </p>
    </>
  )
}
