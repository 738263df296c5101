// Where somebody new begins.
import { Example } from '../text.tsx'

/** What this is. */
export function Home() {
  return (
    <>
      <p>
        Send what happens to a call once. Every endpoint that wants it gets a signed request, and
        gets it again until it answers with a 2xx. Nothing that was accepted is lost, and whatever
        was sent can be looked at and sent again: one delivery, or all of an outage.
      </p>
      <ul>
        <li>
          <a href="/docs">Start</a>: from an API key to the first webhook in a few minutes
        </li>
        <li>
          <a href="/docs/reference">Reference</a>: every operation, made of{' '}
          <a href="/openapi.json">/openapi.json</a>
        </li>
        <li>
          <a href="/dashboard">Dashboard</a>: sign in with an API key to see what arrived, what did
          not, and why
        </li>
      </ul>
    </>
  )
}

/** The commands; `$URL` and `$KEY` are the reader's. */
export const COMMANDS = {
  endpoint: `curl "$URL/v1/webhook_endpoints" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"url":"https://example.com/hooks","enabled_events":["call.completed"]}'`,
  event: `curl "$URL/v1/events" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"type":"call.completed","call":{"id":"61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59","status":"completed"}}'`,
  deliveries: `curl "$URL/v1/webhook_deliveries?call_id=61ef0a9e-8c43-4f0e-9a0e-5f1d2c3b4a59" \\
  -H "Authorization: Bearer $KEY"`,
  redeliver: `curl -X POST "$URL/v1/webhook_deliveries/$ID/redeliver" \\
  -H "Authorization: Bearer $KEY"`,
  replay: `curl "$URL/v1/webhook_replays" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"filter":{"status":["pending","exhausted"]}}'`,
}

/** From a key to a replay. */
export function Start() {
  return (
    <>
      <p>
        You need the address of the service as <code>URL</code> and an API key as <code>KEY</code>.
        Where the service runs on your own machine, it prints both when it starts.
      </p>
      <h2>Say where webhooks go</h2>
      <p>
        The answer has the signing secret, <code>signing_secret</code>, once: keep it where your
        receiver finds it.
      </p>
      <Example of={COMMANDS.endpoint} label="Create an endpoint" />
      <h2>Send an event</h2>
      <p>
        The answer names each delivery, and each endpoint that was passed over, with the reason.
      </p>
      <Example of={COMMANDS.event} label="Send an event" />
      <h2>See what became of it</h2>
      <p>
        A delivery is <code>pending</code>, <code>delivered</code> or <code>exhausted</code>, which
        is failed for good. By itself it has all its attempts, with what the receiver answered.
      </p>
      <Example of={COMMANDS.deliveries} label="List the deliveries of a call" />
      <h2>Send it again</h2>
      <p>
        With a delivery’s id as <code>ID</code>. The receiver gets the same event id and body,
        signed anew.
      </p>
      <Example of={COMMANDS.redeliver} label="Send a delivery again" />
      <p>
        Or everything that has not arrived, at a pace: the answer is a replay, which says how far it
        is.
      </p>
      <Example of={COMMANDS.replay} label="Replay what has not arrived" />
      <Then />
    </>
  )
}

function Then() {
  return (
    <>
      <h2>Then</h2>
      <p>
        <a href="/docs/signatures">Verify the signature</a> before you trust a webhook, answer with
        a 2xx at once, and do the work afterwards: a <a href="/docs/receivers">receiver</a> in your
        language does, and <a href="/docs/going-live">what to check before going live</a> is short.
        All that stands here as curl is there in{' '}
        <a href="/docs/clients">TypeScript, Python and Go</a>, too.
      </p>
    </>
  )
}
