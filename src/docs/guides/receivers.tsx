// How to receive, in the language of whoever does.
import { RECEIVE, MAKE_ENDPOINT } from '../samples/commands.ts'
import { RECEIVERS, type Receiver } from '../samples/receivers.ts'
import { Example } from '../text.tsx'
import { COMMANDS } from './start.tsx'

const LANGUAGES = [...new Set(RECEIVERS.map(({ language }) => language))]

/** The guide: a way to try one on one's own machine, and all of them. */
export function Receivers() {
  return (
    <>
      <p>
        Each of these is whole: it reads the raw body, verifies it, handles each event once and
        answers. They are started for every change of this service, and sent webhooks that are good,
        repeated and forged.
      </p>
      <h2>Try one</h2>
      <p>
        With <code>URL</code> and <code>KEY</code> as in <a href="/docs">Start</a>, from a service
        on your own machine, which may send to an address there. Make an endpoint for the receiver;
        its secret is shown once, and is kept for the receiver here:
      </p>
      <Example of={MAKE_ENDPOINT} label="Make an endpoint for a receiver of your own" />
      <p>
        Take the receiver of your language from below into a folder of its own and start it there,
        in the same terminal. Then, from another one, with the same <code>URL</code> and{' '}
        <code>KEY</code>, send an event, and see the receiver print its type and id:
      </p>
      <Example of={COMMANDS.event} label="Send an event to it" />
      <p>
        Now let it miss one: stop it, send the event once more, and start it again. A replay sends
        what has not arrived:
      </p>
      <Example of={COMMANDS.replay} label="Replay what has not arrived" />
      {LANGUAGES.map((language) => (
        <section>
          <h2 id={language.toLowerCase()}>{language}</h2>
          <Start language={language} />
          {RECEIVERS.filter((one) => one.language === language).map((receiver, place) => (
            <Sample receiver={receiver} isOpen={place === 0} />
          ))}
        </section>
      ))}
    </>
  )
}

/** The three that most begin with, shut, and a way to the others. */
export function FirstReceivers() {
  return (
    <>
      <h2>In your language</h2>
      {Object.keys(RECEIVE).map((language) => {
        const first = RECEIVERS.find((one) => one.language === language)
        return first ? <Sample receiver={first} isOpen={false} /> : null
      })}
      <p>
        <a href="/docs/receivers">All of them</a>, and how to start one:{' '}
        {LANGUAGES.map((language, place) => (
          <>
            {place > 0 ? ', ' : ''}
            <a href={`/docs/receivers#${language.toLowerCase()}`}>{language}</a>
          </>
        ))}
        .
      </p>
    </>
  )
}

function Start({ language }: { language: string }) {
  const first = RECEIVERS.find((one) => one.language === language)
  const commands = RECEIVE[language]
  if (commands === undefined || !first) return null
  return (
    <>
      <p>
        The first of these, as <code>{first.file.split('/').at(-1)}</code> in an empty folder:
      </p>
      <Example of={commands} label={`Start the receiver in ${language}`} />
    </>
  )
}

const HEADERS = {
  standard: <code>webhook-signature</code>,
  callingbox: <code>CallingBox-Signature</code>,
  either: 'either signature',
}

function Sample({ receiver, isOpen }: { receiver: Receiver; isOpen: boolean }) {
  const { language, framework, file, verifiedBy, family, text } = receiver
  return (
    <details open={isOpen}>
      <summary>
        {language}: {framework}
      </summary>
      <p>
        Verifies {HEADERS[family]}{' '}
        {verifiedBy === undefined ? (
          'by the language’s own library.'
        ) : (
          <>
            by <code>{verifiedBy}</code>.
          </>
        )}
      </p>
      <Example of={text} label={`${language}, ${framework}: ${file}`} />
    </details>
  )
}
