// The button that sends a delivery again, and the question to which URL, where there are two.
import type { Inspection } from '../../db/views/inspect.ts'
import { DELIVERIES } from '../context.ts'
import { Copyable } from '../ui/copy.tsx'
import { closedBy, enableUrl, InsteadOfRedeliver, type Closed } from '../ui/closed.tsx'
import { OnceField, Question } from '../ui/forms.tsx'
import { may } from '../ui/may.tsx'
import { Notice, writeUrl } from '../ui/parts.tsx'

/** One button; or two, where the endpoint has another URL now than when the delivery was made. */
export function RedeliverForm({ inspection }: { inspection: Inspection }) {
  if (!may('operate')) return null
  const { delivery, endpoint } = inspection
  const closed = closedBy(delivery, endpoint)
  if (closed) {
    const { endpointId, eventType } = delivery
    return <InsteadOfRedeliver closed={closed} endpointId={endpointId} of={eventType} />
  }
  const path = `${DELIVERIES}/${delivery.id}/redeliver`
  return (
    <form
      method="post"
      action={path}
      class="inline"
      hx-post={path}
      hx-target="#delivery"
      hx-select="#delivery"
      hx-swap="outerMorph"
      hx-sync="drop"
    >
      <OnceField />
      {presentUrlOf(inspection) === undefined ? (
        <button class="primary">Redeliver</button>
      ) : (
        <Choice />
      )}
    </form>
  )
}

function Choice() {
  return (
    <>
      <button class="primary" name="to" value="current">
        Redeliver to the present URL
      </button>
      <button name="to" value="original">
        Redeliver to the original one
      </button>
    </>
  )
}

/** What the two buttons mean. */
export function TwoUrls({ inspection }: { inspection: Inspection }) {
  const present = presentUrlOf(inspection)
  if (present === undefined || !may('operate')) return null
  return (
    <Notice kind="wait">
      Its endpoint has another URL now,{' '}
      <Copyable what="present URL" text={present}>
        <span class="breakable">{present}</span>
      </Copyable>
      . This delivery was made for{' '}
      <Copyable what="original URL" text={writeUrl(inspection.delivery.url)}>
        <span class="breakable">{writeUrl(inspection.delivery.url)}</span>
      </Copyable>
      , and goes there unless it is sent to the present one.
    </Notice>
  )
}

/** Before a redelivery, where somebody comes to its address; `to` is where it was to go. */
export function AskToRedeliver(props: { inspection: Inspection; to: string; token: string }) {
  const { inspection, to, token } = props
  const { delivery, endpoint } = inspection
  const path = `${DELIVERIES}/${delivery.id}`
  const closed = closedBy(delivery, endpoint)
  if (closed) return <CannotBe closed={closed} delivery={delivery} />
  const present = presentUrlOf(inspection)
  return (
    <Question
      title={`Redeliver this ${delivery.eventType}?`}
      action={`${path}/redeliver`}
      token={token}
      submit="Redeliver"
      isDangerous={false}
      back={path}
    >
      <p>
        It is sent once more, right now, with the same event id.
        {delivery.deliveredAt === null
          ? ''
          : ' Its receiver took it once already, and gets it again.'}
      </p>
      {present === undefined ? (
        <p class="breakable">
          <Copyable what="URL" text={writeUrl(delivery.url)} />
        </p>
      ) : (
        <fieldset class="boxes stacked">
          <legend>Its endpoint has another URL now. Send it to</legend>
          <Recipient word="current" isChosen={to !== 'original'} url={present} />
          <Recipient word="original" isChosen={to === 'original'} url={delivery.url} />
        </fieldset>
      )}
    </Question>
  )
}

function Recipient(props: { word: 'current' | 'original'; isChosen: boolean; url: string }) {
  const { word, isChosen, url } = props
  return (
    <label class="check">
      <input type="radio" name="to" value={word} required checked={isChosen} />{' '}
      <span class="breakable">{url}</span> ({word === 'current' ? 'its URL now' : 'made for this'})
    </label>
  )
}

const WHY_NOT: Record<Closed, string> = {
  disabled: 'Its endpoint is disabled, and gets nothing until it is enabled.',
  deleted: 'Its endpoint was deleted. Its history stays readable.',
  forgotten: 'Its payload was deleted: nothing is left to send. Its history stays readable.',
}

function CannotBe({ closed, delivery }: { closed: Closed } & Pick<Inspection, 'delivery'>) {
  return (
    <section class="card narrow question">
      <h1>This {delivery.eventType} cannot be redelivered</h1>
      <p>{WHY_NOT[closed]}</p>
      <p class="inline">
        {closed === 'disabled' && (
          <a class="button primary" href={enableUrl(delivery.endpointId)}>
            Enable the endpoint…
          </a>
        )}
        <a class="button quiet" href={`${DELIVERIES}/${delivery.id}`}>
          Back to the delivery
        </a>
      </p>
    </section>
  )
}

/** The URL that an endpoint which can be sent to has now, if it is another one than the delivery's. */
function presentUrlOf({ delivery, endpoint }: Inspection): string | undefined {
  if (closedBy(delivery, endpoint)) return undefined
  if (endpoint?.status !== 'enabled' || endpoint.url === null) return undefined
  return endpoint.url === delivery.url ? undefined : endpoint.url
}
