// The form of an endpoint, new or changed, and what it says when it comes back.
import type { Child } from 'hono/jsx'
import { z } from 'zod'
import type { WantedEndpoint } from '../../account/endpoints.ts'
import {
  Description,
  EnabledEvents,
  EndpointUrl,
  MaxPerSecond,
  MOST_PER_SECOND,
  ORDERING_WAIT,
  OrderingMaxWait,
} from '../../account/schema.ts'
import { AppError } from '../../errors.ts'
import { ALL_TYPES, EVENT_TYPES, OPERATIONAL_TYPES } from '../../webhook/event-types.ts'
import { isOperationalType } from '../../webhook/sample-data.ts'
import { MAX_URL_LENGTH } from '../../webhook/target.ts'

/** The fields that may be wrong, and how. */
type Problems = Partial<Record<keyof WantedEndpoint | 'headers', string>>

/** The values as they were typed, and what is wrong with them. */
export type EndpointValues = WantedEndpoint & { problems?: Problems | undefined }

/** The status of a page with the form: what was refused has its own, and what was typed wrong is a 400. */
export function statusOf(shown: {
  values: EndpointValues
  refusal?: AppError | undefined
  typedNotes?: { problems?: object | undefined } | undefined
}) {
  if (shown.refusal) return shown.refusal.status
  return (shown.values.problems ?? shown.typedNotes?.problems) === undefined ? 200 : 400
}

/** An empty form: every event, as the API's default is. */
export const NEW_ENDPOINT: EndpointValues = {
  url: '',
  description: null,
  enabledEvents: ['*'],
  orderingMaxWait: null,
}

const Fields = z.object({
  url: EndpointUrl,
  description: Description,
  enabledEvents: EnabledEvents,
  maxPerSecond: MaxPerSecond.optional(),
  orderingMaxWait: OrderingMaxWait.nullish(),
})

/** Reads the form: what is wanted, by the API's own rules, or what is wrong with what was typed. */
export function readEndpoint(form: URLSearchParams): {
  wanted?: WantedEndpoint
  values: EndpointValues
} {
  const chosen = new Set(form.getAll('events'))
  const known = ALL_TYPES.filter((type) => chosen.has(type))
  const isAll = form.get('which') === 'all'
  const ofService = known.filter(isOperationalType)
  const typed = {
    url: form.get('url') ?? '',
    description: form.get('description') ?? '',
    // Boxes have no order but the page's.
    enabledEvents: isAll ? ['*', ...ofService] : [...new Set([...known, ...chosen])],
    ...readPace(form),
    ...readOrder(form),
  }
  const parsed = Fields.safeParse(typed)
  if (parsed.success) return { wanted: parsed.data, values: parsed.data }
  const faults = parsed.error.issues.map(({ path, message }) => [path[0], message])
  const problems: Problems = Object.fromEntries(faults)
  if (problems.enabledEvents !== undefined) problems.enabledEvents = explainEvents(typed)
  return { values: { ...typed, problems } }
}

/** Nothing typed is no limit; a form without the field leaves it as it is. What is no number is shown as nothing. */
function readPace(form: URLSearchParams): Pick<WantedEndpoint, 'maxPerSecond'> {
  const typed = form.get('max_per_second')?.trim()
  if (typed === undefined) return {}
  return { maxPerSecond: typed === '' ? null : Number(typed) }
}

/** Undefined where the form has no such field: then it stays as it is. What is no number is left to the rule. */
function readOrder(form: URLSearchParams): Pick<WantedEndpoint, 'orderingMaxWait'> {
  const typed = form.get('ordering_max_wait')?.trim()
  if (typed === undefined) return {}
  if (form.get('ordering') !== 'call') return { orderingMaxWait: null }
  return { orderingMaxWait: typed === '' ? ORDERING_WAIT.usual : Number(typed) }
}

function explainEvents({ enabledEvents }: WantedEndpoint): string {
  if (enabledEvents.length === 0) return 'Tick at least one event, or choose all events.'
  return 'One of these is no event. Tick those that are meant.'
}

/** What the fields are to say of a refusal. @throws the error itself, when it is about none of them. */
export function problemsOf(error: unknown): Problems {
  if (!(error instanceof AppError) || !error.issues) throw error
  const named = error.issues.map(({ path, message }) => {
    const [field = '', ...header] = path.split('.')
    return [field, header.length === 0 ? message : `${header.join('.')}: ${message}`]
  })
  return Object.fromEntries(named)
}

/** The fields, posted to `action`; `children` are what else goes along, `more` what else is to be filled in. */
export function EndpointForm(props: {
  action: string
  values: EndpointValues
  submit: string
  more?: Child
  children?: Child
}) {
  const { action, values, submit, more, children } = props
  return (
    <form method="post" action={action} class="stack pad">
      {children}
      <UrlField values={values} />
      <DescriptionField values={values} />
      <EventsField values={values} />
      <PaceField values={values} />
      <OrderField values={values} />
      {more}
      <button class="primary">{submit}</button>
    </form>
  )
}

function UrlField({ values: { url, problems } }: { values: EndpointValues }) {
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
        {...describedBy('url-problem', problems?.url)}
      />
      <Problem id="url-problem" text={problems?.url} />
    </label>
  )
}

// No maxlength: browsers cut what is pasted without a word, and count UTF-16 units.
function DescriptionField({ values: { description, problems } }: { values: EndpointValues }) {
  return (
    <label>
      Description
      <input
        name="description"
        value={description ?? ''}
        placeholder="What is it for?"
        {...describedBy('description-problem', problems?.description)}
      />
      <Problem id="description-problem" text={problems?.description} />
    </label>
  )
}

function PaceField({ values: { maxPerSecond, problems } }: { values: EndpointValues }) {
  const isNumber = typeof maxPerSecond === 'number' && !Number.isNaN(maxPerSecond)
  return (
    <label>
      Requests a second, at most
      <input
        type="number"
        name="max_per_second"
        value={isNumber ? String(maxPerSecond) : ''}
        min={1}
        max={MOST_PER_SECOND}
        step={1}
        placeholder="as many as there are"
        {...describedBy('pace-problem', problems?.maxPerSecond)}
      />
      <Problem id="pace-problem" text={problems?.maxPerSecond} />
    </label>
  )
}

/** How long is sent along, too, where there is no order, and means nothing then. */
function OrderField({ values: { orderingMaxWait, problems } }: { values: EndpointValues }) {
  return (
    <fieldset>
      <legend>Order</legend>
      <label class="check">
        <input type="checkbox" name="ordering" value="call" checked={(orderingMaxWait ?? 0) > 0} />{' '}
        Send the events of a call in order, each once the one before it was delivered or has ended
      </label>
      <label>
        Seconds that one waits, at most
        <input
          type="number"
          name="ordering_max_wait"
          min={ORDERING_WAIT.least}
          max={ORDERING_WAIT.most}
          value={String(orderingMaxWait || ORDERING_WAIT.usual)}
          {...describedBy('order-problem', problems?.orderingMaxWait)}
        />
      </label>
      <Problem id="order-problem" text={problems?.orderingMaxWait} />
    </fieldset>
  )
}

function describedBy(id: string, problem: string | undefined) {
  return problem === undefined ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': id }
}

function Problem({ id, text }: { id: string; text: string | undefined }) {
  if (text === undefined) return null
  return (
    <span class="problem" id={id} role="alert">
      {text}
    </span>
  )
}

/** All, or some: where the one is chosen the other does not show, without a script. */
function EventsField({ values: { enabledEvents, problems } }: { values: EndpointValues }) {
  const isAll = enabledEvents.includes('*')
  return (
    <fieldset class="events" {...describedBy('events-problem', problems?.enabledEvents)}>
      <legend>Events</legend>
      <label class="check">
        <input type="radio" name="which" value="all" required checked={isAll} /> All events of
        calls, future types included
      </label>
      <label class="check">
        <input type="radio" name="which" value="some" checked={!isAll} /> Only these
      </label>
      <div class="types">
        <TypeBoxes types={EVENT_TYPES} chosen={enabledEvents} />
      </div>
      <p class="muted small">About the service itself, besides:</p>
      <div class="types of-service">
        <TypeBoxes types={OPERATIONAL_TYPES} chosen={enabledEvents} />
      </div>
      <Problem id="events-problem" text={problems?.enabledEvents} />
    </fieldset>
  )
}

function TypeBoxes({ types, chosen }: { types: readonly string[]; chosen: readonly string[] }) {
  return types.map((type) => (
    <label class="check mono">
      <input type="checkbox" name="events" value={type} checked={chosen.includes(type)} /> {type}
    </label>
  ))
}
