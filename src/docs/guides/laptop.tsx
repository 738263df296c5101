// Your laptop: webhooks forwarded to a receiver on one's own machine.
import { Example } from '../text.tsx'

/** The commands of the page. */
const LISTEN = {
  login: 'npx callingbox-webhooks login --url https://…',
  listen: 'npx callingbox-webhooks listen --forward-to http://localhost:3000/hook',
  send: 'npx callingbox-webhooks events send --type call.completed',
}

/** How to listen, and what that is. */
export function Laptop() {
  return (
    <>
      <p>
        A receiver that you are still writing has no public URL. The command line, in a clone of the
        service, listens for you and forwards what comes to it:
      </p>
      <Example of={LISTEN.login} label="Sign in" />
      <Example of={LISTEN.listen} label="Listen" />
      <p>
        It makes an endpoint of the kind <code>listen</code>, prints its signing secret, which your
        receiver verifies with, and a line for each webhook: the time, the type, the delivery, the
        attempt, and what your receiver answered. In another terminal:
      </p>
      <Example of={LISTEN.send} label="Send a sample" />
      <p>
        What your receiver answers is told to the service. So a 500 is retried, the attempt log has
        the real answer, and a redelivery or a replay comes the same way. Ctrl-C removes the
        endpoint, with what was pending for it.
      </p>
      <h2 id="stream">Without the command line</h2>
      <p>
        Create an endpoint with <code>{'{"kind":"listen"}'}</code>. Nothing is sent anywhere for it:
        its webhooks wait until somebody reads{' '}
        <code>GET /v1/webhook_endpoints/{'{id}'}/stream</code>, server-sent events. Answer each with
        its token, <code>POST /v1/webhook_endpoints/{'{id}'}/answers</code>, within half a minute;
        what is not answered comes again. A stream ends after some four minutes, and is then asked
        for anew; one at a time listens to an endpoint, and has ten webhooks without an answer at
        most. An organization has five such endpoints at most; one that nobody has listened to for
        an hour is removed.
      </p>
    </>
  )
}
