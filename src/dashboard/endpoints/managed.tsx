// What an endpoint is set to, card by card, as whoever manages it changes it and all others see it.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { SigningSecret } from '../../db/views/endpoint-past.ts'
import { LISTEN_URL } from '../../db/words.ts'
import { FilterCard } from './filter-card.tsx'
import { EndpointForm, type EndpointValues } from './form.tsx'
import { HeadersCard, shownOf } from './headers-field.tsx'
import { Noted, NotesCard, notesOf, type TypedNotes } from './notes-card.tsx'
import { SigningNow } from './signing-now.tsx'

/** What the cards show: an endpoint, and what was typed into them. */
type Shown = {
  endpoint: Endpoint
  values: EndpointValues
  /** Headers as they were typed, but for their values. */
  typedHeaders?: string | undefined
  typedNotes?: TypedNotes | undefined
  path: string
  secrets: SigningSecret[]
  now: number
}

/** All of it, for those who change it. */
export function Managed(shown: Shown) {
  const { endpoint, values, typedHeaders, typedNotes, path, secrets, now } = shown
  const headers = { text: typedHeaders ?? shownOf(endpoint), problem: values.problems?.headers }
  return (
    <div class="columns even">
      <section class="card">
        <div class="card-head">
          <h2>Settings</h2>
        </div>
        <EndpointForm action={path} values={values} submit="Save" />
      </section>
      <div>
        {endpoint.url === LISTEN_URL ? null : <HeadersCard path={path} {...headers} />}
        <FilterCard filter={endpoint.filter} path={path} />
        <NotesCard typed={typedNotes ?? notesOf(endpoint)} path={path} />
        <Rotation path={path} secrets={secrets} now={now} />
        <Removal path={path} />
      </div>
    </div>
  )
}

/** What it gets, for those who do not change it. */
export function Subscribed({ endpoint }: { endpoint: Endpoint }) {
  const { enabledEvents, headersShown, filter } = endpoint
  return (
    <>
      <section class="card">
        <div class="card-head">
          <h2>Events</h2>
        </div>
        <p class="pad mono">
          {enabledEvents.includes('*') ? 'All of them' : enabledEvents.join(', ')}
        </p>
        {headersShown === null ? null : (
          <p class="pad muted breakable">Headers of its own: {headersShown.join(', ')}</p>
        )}
      </section>
      {filter === null ? null : <FilterCard filter={filter} />}
      <Noted metadata={endpoint.metadata} />
    </>
  )
}

/** Each is asked on a page of its own. */
function Rotation(props: { path: string; secrets: SigningSecret[]; now: number }) {
  const { path, secrets, now } = props
  return (
    <section class="card">
      <div class="card-head">
        <h2>Signing secret</h2>
      </div>
      <SigningNow secrets={secrets} now={now} />
      <p class="pad">
        <a class="button" href={`${path}/rotate`}>
          Rotate the secret…
        </a>
      </p>
    </section>
  )
}

function Removal({ path }: { path: string }) {
  return (
    <section class="card">
      <p class="pad">
        <a class="button danger" href={`${path}/delete`}>
          Delete this endpoint…
        </a>
      </p>
    </section>
  )
}
