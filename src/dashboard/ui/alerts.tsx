// What every page tells: what the operator has stopped, and endpoints that were disabled automatically, which nobody has seen to yet.
import type { Alert } from '../../db/account/alerts.ts'
import type { StopNote } from '../../db/account/stops.ts'
import { ENDPOINTS } from '../context.ts'
import { May } from './may.tsx'
import { nameOf, Time } from './parts.tsx'
import { StopList } from './stopped.tsx'

/** Alerts that are told one by one. */
const TOLD = 3

/** The element is there without alerts, too: an open page finds it and fills it. */
export function Alerts({ alerts, stops }: { alerts: Alert[]; stops: StopNote[] }) {
  return (
    <div id="alerts">
      <AlertList alerts={alerts} stops={stops} />
    </div>
  )
}

/** What the element is filled with. */
export function AlertList({ alerts, stops }: { alerts: Alert[]; stops: StopNote[] }) {
  const more = alerts.length - TOLD
  return (
    <>
      <StopList stops={stops} />
      {alerts.slice(0, TOLD).map((alert) => (
        <OneAlert alert={alert} />
      ))}
      {more > 0 ? (
        <div class="notice bad alert">
          <span>
            {more} more {more === 1 ? 'endpoint was' : 'endpoints were'} disabled automatically:{' '}
            <a href={ENDPOINTS}>see all</a>.
          </span>
        </div>
      ) : null}
    </>
  )
}

function OneAlert({ alert }: { alert: Alert }) {
  const { endpointId, disabledAt, failures } = alert
  const path = `${ENDPOINTS}/${endpointId}`
  return (
    <div class="notice bad alert" role="alert">
      <span class="clip-parent">
        <a href={path}>{nameOf(alert)}</a> was disabled automatically on <Time at={disabledAt} />,
        after {failures} exhausted deliveries in a row. It gets nothing until somebody enables it.
      </span>
      <May do="operate">
        <form method="post" action={`${path}/dismiss`}>
          <input type="hidden" name="disabled_at" value={String(disabledAt)} />
          <button class="small">
            Dismiss<span class="hidden"> the alert of {nameOf(alert)}</span>
          </button>
        </form>
      </May>
    </div>
  )
}
