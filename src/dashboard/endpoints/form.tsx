// The form of an endpoint, new or changed, and what it says when it comes back.
import type { Child } from 'hono/jsx'
import { MAX_DESCRIPTION, type WantedEndpoint } from '../../account/endpoints.ts'
import { EVENT_TYPES } from '../../webhook/event-types.ts'
import { MAX_URL_LENGTH } from '../../webhook/target.ts'

/** The values as they were typed, and what is wrong with the URL. */
export type EndpointValues = WantedEndpoint & { problem?: string | undefined }

/** An empty form: every event, as the API's default is. */
export const NEW_ENDPOINT: EndpointValues = { url: '', description: null, enabledEvents: ['*'] }

/** A form's fields as Hono parses them. */
export type Form = Record<string, unknown>

/** Reads the form. No type chosen is every type: an endpoint that takes none would be of no use. */
export function readEndpoint(form: Form): WantedEndpoint {
  const chosen = new Set([form['events'] ?? []].flat())
  const types = EVENT_TYPES.filter((type) => chosen.has(type))
  const isAll = chosen.has('*') || types.length === 0
  const description = textOf(form['description']).slice(0, MAX_DESCRIPTION)
  return {
    url: textOf(form['url']),
    description: description === '' ? null : description,
    enabledEvents: isAll ? ['*'] : types,
  }
}

/** The fields, posted to `action`; `children` are what else goes along. */
export function EndpointForm(props: {
  action: string
  values: EndpointValues
  submit: string
  children?: Child
}) {
  const { action, values, submit, children } = props
  return (
    <form method="post" action={action} class="stack pad">
      {children}
      <UrlField values={values} />
      <label>
        Description
        <input
          name="description"
          value={values.description ?? ''}
          maxlength={MAX_DESCRIPTION}
          placeholder="What is it for?"
        />
      </label>
      <EventsField enabledEvents={values.enabledEvents} />
      <button class="primary">{submit}</button>
    </form>
  )
}

function UrlField({ values: { url, problem } }: { values: EndpointValues }) {
  return (
    <label>
      URL
      <input
        type="url"
        name="url"
        value={url}
        required
        maxlength={MAX_URL_LENGTH}
        placeholder="https://example.com/webhooks"
        spellcheck={false}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={problem === undefined ? undefined : 'url-problem'}
      />
      {problem === undefined ? null : (
        <span class="problem" id="url-problem" role="alert">
          {problem}
        </span>
      )}
    </label>
  )
}

function EventsField({ enabledEvents }: Pick<WantedEndpoint, 'enabledEvents'>) {
  return (
    <fieldset class="events">
      <legend>Events</legend>
      <label class="check">
        <input type="checkbox" name="events" value="*" checked={enabledEvents.includes('*')} /> All
        events, future types included
      </label>
      <div class="types">
        {EVENT_TYPES.map((type) => (
          <label class="check mono">
            <input
              type="checkbox"
              name="events"
              value={type}
              checked={enabledEvents.includes(type)}
            />{' '}
            {type}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}
