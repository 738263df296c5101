// What is asked before an act on an endpoint: in words that say what will break, and when.
import type { Endpoint } from '../../db/account/endpoints.ts'
import { ENDPOINTS } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { OverlapField, Question } from '../ui/forms.tsx'
import { nameOf, writeUrl } from '../ui/parts.tsx'
import { isSameOrigin } from '../../webhook/own-headers.ts'
import type { EndpointValues } from './form.tsx'
import { HeadersField } from './headers-field.tsx'

/** What each question is about; the token is the form's. */
export type AskedEndpoint = { endpoint: Endpoint; token: string }

/** Before the secret is replaced; `overlap` is in seconds, as text. */
export function AskToRotate({ endpoint, overlap, token }: AskedEndpoint & { overlap: string }) {
  return (
    <Question
      title={`Rotate the signing secret of ${nameOf(endpoint)}?`}
      {...linksOf(endpoint, 'rotate')}
      token={token}
      submit="Rotate the secret"
    >
      <p>
        A new secret is made and shown once. Until the old one stops, each delivery is signed with
        both. From the moment it stops, a receiver that has only the old one refuses every delivery.
      </p>
      <OverlapField chosen={overlap} />
    </Question>
  )
}

/** Before it is deleted. */
export function AskToDelete({ endpoint, token }: AskedEndpoint) {
  return (
    <Question
      title={`Delete ${nameOf(endpoint)}?`}
      {...linksOf(endpoint, 'delete')}
      token={token}
      submit={`Delete ${nameOf(endpoint)}`}
    >
      <p>
        From this moment on nothing is sent to{' '}
        <Copyable what="URL" text={writeUrl(endpoint.url)}>
          <span class="breakable">{writeUrl(endpoint.url)}</span>
        </Copyable>
        : its pending deliveries end as exhausted, and new events make none for it. Its deliveries
        can never be sent again, only looked at. It cannot be undone. To stop for a while, disable
        it.
      </p>
    </Question>
  )
}

/** Before it is disabled, which breaks its receiver, or enabled. */
export function AskForStatus(props: AskedEndpoint & { status: 'enabled' | 'disabled' }) {
  const { endpoint, token, status } = props
  const isOn = status === 'enabled'
  return (
    <Question
      title={`${isOn ? 'Enable' : 'Disable'} ${nameOf(endpoint)}?`}
      {...linksOf(endpoint, 'status')}
      fields={[['status', status]]}
      token={token}
      submit={isOn ? 'Enable' : 'Disable'}
      isDangerous={!isOn}
    >
      <p>
        {isOn
          ? 'New events are sent to it again at once, and what was held for it goes out, oldest first, a few at a time.'
          : 'From this moment on its receiver gets nothing. What is pending is held, and goes out once it is enabled again. Events that are accepted meanwhile make no delivery for it, so it will have missed them.'}
      </p>
    </Question>
  )
}

/** Before its URL is another one. */
export function AskToMove(props: AskedEndpoint & { values: EndpointValues }) {
  const { endpoint, values, token } = props
  const { url, description, enabledEvents, maxPerSecond, orderingMaxWait } = values
  const which = enabledEvents.includes('*') ? 'all' : 'some'
  const events = which === 'all' ? [] : enabledEvents
  return (
    <Question
      title={`Send the webhooks of ${nameOf(endpoint)} elsewhere?`}
      {...linksOf(endpoint, 'change')}
      fields={[
        ['url', url],
        ['description', description ?? ''],
        ['which', which],
        ...events.map((type): [string, string] => ['events', type]),
        ...paceFields(maxPerSecond),
        ...orderFields(orderingMaxWait),
      ]}
      token={token}
      submit="Change the URL"
    >
      <p>
        So far they go to{' '}
        <Copyable what="URL so far" text={endpoint.url}>
          <strong class="breakable">{endpoint.url}</strong>
        </Copyable>
        . From this moment on the webhooks of new events go to{' '}
        <Copyable what="new URL" text={url}>
          <strong class="breakable">{url}</strong>
        </Copyable>{' '}
        alone, with all that they say about calls. The receiver there needs the signing secret,
        which stays the same.
      </p>
      <p>
        Deliveries that were made already are still sent to the URL that they were made for, unless
        they are redelivered to the present one.
      </p>
      <HeadersAnew endpoint={endpoint} url={url} />
    </Question>
  )
}

/** What was not typed is not sent along: then it stays as it is. */
function paceFields(pace: EndpointValues['maxPerSecond']): [string, string][] {
  return pace === undefined ? [] : [['max_per_second', pace === null ? '' : String(pace)]]
}

function orderFields(maxWait: EndpointValues['orderingMaxWait']): [string, string][] {
  if (maxWait === undefined) return []
  const field: [string, string] = ['ordering_max_wait', String(maxWait ?? '')]
  return maxWait === null ? [field] : [['ordering', 'call'], field]
}

/** Of headers none goes to another origin than it was written for. */
function HeadersAnew({ endpoint, url }: { endpoint: Endpoint; url: string }) {
  if (endpoint.headersShown === null || isSameOrigin(url, endpoint.url)) return null
  return (
    <>
      <p>
        Its own headers ({endpoint.headersShown.join(', ')}) were meant for where it led so far, and
        do not go there. Write those that the receiver there wants, or none.
      </p>
      <HeadersField text="" />
    </>
  )
}

function linksOf({ id }: Endpoint, act: string) {
  return { action: `${ENDPOINTS}/${id}/${act}`, back: `${ENDPOINTS}/${id}` }
}
