// Events, and tests that are about to be sent.
import { TestEvent } from '../endpoints/test-page.tsx'
import { EventList } from '../events/list.tsx'
import { AskToForget } from '../events/forget-question.tsx'
import { EventPage } from '../events/page.tsx'
import { makeEndpoint, makeEndpoints } from './made-up/made-endpoints.ts'
import { listMadeEvents, makeEvent } from './made-up/made-events.ts'
import { HOSTILE, LONG_ERROR, LONG_NAME, LONG_URL, UNBROKEN } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

/** The board. */
export function EventsBoard({ now }: { now: number }) {
  const known = new Map(makeEndpoints(now).map((endpoint) => [endpoint.id, endpoint]))
  return (
    <>
      <Specimen title="An event that some got">
        <EventPage event={makeEvent(now)} known={known} />
      </Specimen>
      <Specimen title="An event that all got, its call unreadable">
        <EventPage event={makeEvent(now, { skipped: [], call: undefined })} known={known} />
      </Specimen>
      <Specimen title="An event that nobody got">
        <EventPage event={makeEvent(now, { deliveries: [] })} known={known} />
      </Specimen>
      <Specimen title="An event whose payload was deleted">
        <EventPage
          event={makeEvent(now, { call: undefined, payloadDeletedAt: now })}
          known={known}
        />
      </Specimen>
      <Specimen title="The question before a payload is deleted">
        <AskToForget event={makeEvent(now)} token="" />
      </Specimen>
      <Specimen title="Events of a call">
        <EventList events={listMadeEvents(now)} next="" />
      </Specimen>
      <Specimen title="Events of a call, none">
        <EventList events={[]} next={undefined} />
      </Specimen>
      <Tests now={now} />
    </>
  )
}

function Tests({ now }: { now: number }) {
  const shown = { type: 'call.completed' as const, token: '', prefix: 'CallingBox' }
  const long = makeEndpoint(now, { description: LONG_NAME, url: LONG_URL })
  return (
    <>
      <Specimen title="A test">
        <TestEvent {...shown} endpoint={makeEndpoint(now)} payload='{ "id": "4f6a1c2e" }' />
      </Specimen>
      <Specimen title="A test, refused">
        <TestEvent {...shown} endpoint={long} payload={HOSTILE + UNBROKEN} problem={LONG_ERROR} />
      </Specimen>
      <Specimen title="A test, of a disabled endpoint">
        <TestEvent {...shown} endpoint={makeEndpoint(now, { status: 'disabled' })} payload="{}" />
      </Specimen>
    </>
  )
}
