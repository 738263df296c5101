// How to ask the API in the language of whoever does.
import { JOURNEYS, type Journey } from '../samples/clients.ts'
import { Example } from '../text.tsx'

/** The guide: a client for each language, and the SDK. */
export function Clients() {
  return (
    <>
      <p>
        A client is made of <a href="/openapi.json">/openapi.json</a> by the generator that you
        have. These are made anew for every change of this service and go this way through it: an
        endpoint, an event, its delivery, a redelivery, a batch of which one is refused, a replay, a
        rotation, an error and a deletion. They take <code>URL</code>, <code>KEY</code>, and{' '}
        <code>HOOK_URL</code>, where webhooks are to go.
      </p>
      {JOURNEYS.map((journey) => (
        <Making journey={journey} />
      ))}
      <h2 id="sdk">The Python SDK</h2>
      <p>
        <code>callingbox</code> 0.1.0 from PyPI works unchanged with <code>base_url</code> set to
        this service: endpoints, deliveries, redelivery and <code>construct_event</code>, which
        verifies <code>CallingBox-Signature</code>. Its <code>delete_endpoint</code> raises{' '}
        <code>JSONDecodeError</code> all the same after the endpoint was deleted, because it reads a
        body from the 204, which has none: catch <code>ValueError</code> there. It has no method for
        events, batches and replays.
      </p>
    </>
  )
}

function Making({ journey }: { journey: Journey }) {
  const { language, generator, install, settings, generate, start, file, text } = journey
  return (
    <section>
      <h2 id={language.toLowerCase()}>{language}</h2>
      <p>
        By <code>{generator}</code>, in an empty folder:
      </p>
      <Example of={install} label={`Install what makes a client in ${language}`} />
      {settings ? (
        <>
          <p>
            With these settings in <code>{settings.file}</code>:
          </p>
          <Example of={settings.text} label={`Settings: ${settings.file}`} />
        </>
      ) : null}
      <Example of={generate} label={`Make the client in ${language}`} />
      <details>
        <summary>
          The journey in {language}: {file}
        </summary>
        <Example of={text} label={`Journey: ${file}`} />
      </details>
      <Example of={start} label={`Run the journey in ${language}`} />
    </section>
  )
}
