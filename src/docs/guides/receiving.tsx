// What whoever receives webhooks has to know.
import type { OpenApi } from '../../api/document/shape.ts'
import type { Config } from '../../config.ts'
import { Body, listOperations, Parameters } from '../reference.tsx'
import { Prose, Table } from '../text.tsx'
import { inWords } from './durations.ts'
import { FirstReceivers } from './receivers.tsx'

/** Each type with an example, and the headers that are the same of all. */
export function Events({ document }: { document: OpenApi }) {
  const events = Object.entries(document.webhooks ?? {}).flatMap(([type, item]) =>
    listOperations({ [type]: item }).map(({ operation }) => ({ type, operation })),
  )
  const [first] = events
  return (
    <>
      <p>
        A webhook is a POST with one event as JSON: <code>id</code>, <code>type</code>,{' '}
        <code>created</code> (Unix seconds), <code>api_version</code>, and the call in{' '}
        <code>data.call</code>. The call is passed on as the producer gave it. New types and members
        may come: pass over what you do not know. An endpoint that names them is told of the service
        itself, too: such events are about no call, and have what they tell in <code>data</code>.
      </p>
      <p>
        What an event says of its call can be deleted, for a person’s right to be forgotten:{' '}
        <code>DELETE /v1/events/{'{id}'}/payload</code>. The event and its deliveries stay, what is
        pending of it ends, and nothing of it is sent again. Receivers delete what they have got
        themselves; backups of the database keep it until they expire.
      </p>
      <WhatAnEndpointGets />
      <h2>Headers</h2>
      <Parameters of={first?.operation.parameters ?? []} label="headers of a webhook" />
      {events.map(({ type, operation: { summary, requestBody } }) => (
        <section>
          <h2 id={type}>{type}</h2>
          <Prose text={summary} />
          {requestBody ? <Body content={requestBody.content} label={`Body of ${type}`} /> : null}
        </section>
      ))}
    </>
  )
}

/** What of them is sent to it, and how fast. */
function WhatAnEndpointGets() {
  return (
    <>
      <p>
        An endpoint gets the types that it is subscribed to; with a <code>filter</code> those of
        them whose call says what it asks for, such as{' '}
        <code>{'{"path": "metadata.campaign", "equals": "spring"}'}</code>. Why an event went
        nowhere stands among its <code>skipped</code>, and{' '}
        <code>POST /v1/webhook_endpoints/{'{id}'}/filter/try</code> tells what a draft would have
        let through.
      </p>
      <p>
        A receiver that can take ten requests a second and no more says so:{' '}
        <code>{'"max_per_second": 10'}</code> on its endpoint, from 1 to 500. No second has more,
        whatever they are for: new events, retries, replays, tests and what is redelivered by hand.
        What waits for its turn stays pending, uses up no attempt, and what was never attempted goes
        first. About a tenth of the pace is left unused, so that a request that leaves late makes
        none too many.
      </p>
    </>
  )
}

/** Both families of signatures, and what goes wrong. */
export function Signatures({ config: { headerPrefix } }: { config: Config }) {
  return (
    <>
      <p>
        Each webhook is signed twice with the same secret. To verify one signature is enough; take
        whichever your language has a library for.
      </p>
      <Table
        label="The two signatures"
        heads={['Part', `${headerPrefix}-Signature`, 'Standard Webhooks']}
        rows={[
          [
            'Header',
            <code>t=…,v1=…</code>,
            <code>webhook-id, webhook-timestamp, webhook-signature</code>,
          ],
          ['Signed text', <code>t.body</code>, <code>id.timestamp.body</code>],
          [
            'Key',
            'the whole secret as text, whsec_ included',
            'the bytes that the base64 after whsec_ stands for',
          ],
          ['Digest', 'HMAC-SHA-256, in hex', 'HMAC-SHA-256, in base64'],
        ]}
      />
      <Traps prefix={headerPrefix} />
      <FirstReceivers />
    </>
  )
}

function Traps({ prefix }: { prefix: string }) {
  return (
    <>
      <h2>The traps</h2>
      <ul>
        <li>
          Read the raw bytes of the body before your framework parses them: a parsed and rewritten
          body is another.
        </li>
        <li>Compare in constant time, and refuse a time more than 300 seconds off.</li>
        <li>While a rotation overlaps there are several signatures: one that fits is enough.</li>
        <li>
          Refuse to start without a secret: an empty one is a key that anybody has, and many
          libraries take it.
        </li>
        <li>
          A webhook has up to 256 KB or a little more: raise the limit of a framework that takes
          less, such as Express with its 100 KB.
        </li>
        <li>
          Libraries that verify Stripe’s scheme fit <code>{prefix}-Signature</code>, unless they
          want Stripe’s own event object: in Go take <code>webhook.ValidatePayload</code>, not{' '}
          <code>ConstructEvent</code>.
        </li>
        <li>
          An event may come more than once: dedupe by the body’s <code>id</code>.
        </li>
        <li>
          Does a gateway before your receiver want an <code>Authorization</code> or a key? Give the
          endpoint <code>headers</code> of its own. They go to the scheme, host and port of its URL
          alone, and are never shown in full again. They do not replace the signature: verify that
          all the same.
        </li>
      </ul>
    </>
  )
}

/** What an endpoint does that gets the events of a call in order. */
function OrderOfCalls() {
  return (
    <>
      <h2 id="order">In the order of a call</h2>
      <p>
        By themselves webhooks come in no order: one that failed is sent again while later ones
        arrive. An endpoint with <code>{'"ordering": "call"'}</code> gets those of one call one
        after the other, as they were accepted: each is first sent once the one before it was
        delivered, is exhausted, or was ended by a discard or the deletion of its payload. Calls do
        not wait for each other. It holds for what is accepted from then on.
      </p>
      <p>
        What waits is pending, and names the delivery that it is behind as <code>waiting_for</code>.
        Redeliver that one, and the rest goes on when it succeeds; a redelivery itself waits for
        nobody. None waits longer than <code>ordering_max_wait_seconds</code>, 600 by itself: then
        it is sent all the same, within a minute, and the attempt names what it{' '}
        <code>overtook</code>. A receiver that has to be right about the order all the same compares
        what the bodies say. <code>{'"ordering": null'}</code> lets go what waits.
      </p>
    </>
  )
}

/** When an attempt counts, and what follows when it does not. */
export function Retries({ config }: { config: Config }) {
  const { attemptTimeoutMs, retryScheduleMs, retryJitter, disableAfterExhausted } = config
  return (
    <>
      <p>
        A webhook has arrived when the receiver answers with a 2xx within{' '}
        {inWords(attemptTimeoutMs)}. Everything else is a failure: another status, a redirect, no
        answer, no connection, a certificate that does not hold.
      </p>
      <Table
        label="When it is tried"
        heads={['Attempt', 'When']}
        rows={[
          ['1', 'at once'],
          ...retryScheduleMs.map((waitMs, place) => [
            String(place + 2),
            `${inWords(waitMs)} after that`,
          ]),
        ]}
      />
      <p>
        Each wait varies by up to {Math.round(retryJitter * 100)} %. <code>Retry-After</code> with a
        429 or 503 can make it longer. After the last attempt the delivery is <code>exhausted</code>
        ; after {disableAfterExhausted} of those in a row the endpoint is disabled, until somebody
        enables it: what is pending then waits, and goes on.
      </p>
      <Turns config={config} />
      <OrderOfCalls />
      <h2>Sending again</h2>
      <p>
        <a href="/docs/reference#redeliver">Redeliver</a> one delivery at any time, whatever its
        status; it uses up none of its attempts.{' '}
        <a href="/docs/reference#startReplay">Replay a range</a> at a pace: a dry run says first
        what it would send. With <code>missing</code> it also makes deliveries of events that an
        endpoint never got. The receiver sees the same event id and body, so that what it has
        handled once it can pass over.
      </p>
    </>
  )
}

function Turns({ config: { unprovenHostPerSecond } }: { config: Config }) {
  return (
    <p>
      A host that has not proven yet that it wants webhooks, by answering some with a 2xx, gets{' '}
      {unprovenHostPerSecond} webhooks a second. What has no turn there shows as <code>paced</code>,
      or with a later time where it goes to a call’s own URL; it uses up no attempt, and is sent.
    </p>
  )
}

/** What to check before real calls. */
export function GoingLive({ config }: { config: Config }) {
  return (
    <>
      <ul>
        <li>Answer with a 2xx within {inWords(config.attemptTimeoutMs)}, and work afterwards.</li>
        <li>Verify the signature, and refuse what is not signed.</li>
        <li>
          Handle each event once, by its id, as <a href="/docs/receivers">these receivers</a> do; do
          not rely on their order, unless your endpoint{' '}
          <a href="/docs/retries#order">asks for it</a>.
        </li>
        <li>
          Have a plan for an outage of your own: replay what failed, from the dashboard or the API.
        </li>
        <li>
          Rotate the secret with an overlap, so that nothing is refused while you deploy the new
          one.
        </li>
      </ul>
      <Checking prefix={config.headerPrefix} />
      <h2>Firewalls</h2>
      <p>
        Webhooks leave from Cloudflare’s network, which publishes{' '}
        <a href="https://www.cloudflare.com/ips/">its ranges</a>: there is no fixed address of ours,
        and others send from the same ones, so an address proves nothing. Let the signature decide.
        Endpoints are <code>https</code> with a certificate that a public authority has issued, at a
        public address; redirects are not followed.
      </p>
      <h2>Client certificates</h2>
      <p>
        A receiver that asks for a client certificate (mTLS) is shown one where whoever runs the
        service has named one for your endpoint: its <code>client_certificate</code> says which. Ask
        them for it, and for the certificate of its authority, by which your server checks it, with{' '}
        <code>ssl_client_certificate</code> and <code>ssl_verify_client on</code> in nginx. It is
        shown to the scheme, host and port of the endpoint’s URL and to no other, and does not
        replace the signature. A host that Cloudflare proxies cannot be shown one, and answers 520.
      </p>
    </>
  )
}

/** What an endpoint's owner can look at, and note on it. */
function Checking({ prefix }: { prefix: string }) {
  return (
    <>
      <h2>Check a receiver</h2>
      <p>
        <code>POST /v1/webhook_endpoints/{'{id}'}/check</code>, or “Check the receiver” on the
        endpoint’s page, says in plain words what is to be mended: where its name leads, its
        certificate, a redirect, its status, its time. It sends a test event, and where that is
        accepted two more that a careful receiver refuses: one with a wrong signature, and one that
        was signed ten minutes ago. They are marked <code>{prefix}-Test: true</code>, and are no
        deliveries: nothing is stored or tried again. The command line has{' '}
        <code>endpoints check</code>.
      </p>
      <h2>Endpoints of many customers</h2>
      <p>
        An endpoint has <code>metadata</code>: up to 50 texts of your own by names of your own, such
        as <code>{'{"customer": "cus_8841"}'}</code>, for your programs and people alone. A PATCH
        with <code>metadata</code> replaces all of it, and null clears it. Its{' '}
        <code>external_id</code> is what you call it: no other endpoint of yours has the same, and
        every route of an endpoint takes it in place of the id, as in{' '}
        <code>GET /v1/webhook_endpoints/billing-eu</code>.
      </p>
    </>
  )
}
