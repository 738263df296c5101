// What the operator has stopped, told where somebody waits for it.
import { createContext, useContext, type Child } from 'hono/jsx'
import type { StopNote } from '../../db/account/stops.ts'
import { EVERY_HOST, stoppedBy } from '../../db/stopped.ts'
import { Time } from './parts.tsx'

/** Nothing, for what is answered without its frame. */
const Stopped = createContext<StopNote[]>([])

/** What is in it knows what is stopped of its org. */
export function UnderStops({ stops, children }: { stops: StopNote[]; children: Child }) {
  return <Stopped.Provider value={stops}>{children}</Stopped.Provider>
}

/** The stop that holds for what goes to a URL; undefined: none does. */
export function stopOf(url: string): StopNote | undefined {
  const stops = useContext(Stopped)
  const host = stoppedBy(
    url,
    stops.map((stop) => stop.host),
  )
  return stops.find((stop) => stop.host === host)
}

/** In red, on every page: that nothing is sent, or nothing to a host that an endpoint is at. */
export function StopList({ stops }: { stops: StopNote[] }) {
  return (
    <>
      {stops.map((stop) => (
        <div class="notice bad alert" role="alert">
          <span>
            <What host={stop.host} /> since <Time at={stop.since} />
            {stop.reason === null ? '' : `: ${stop.reason}`}. Events are accepted, and what is due
            waits; it goes on by itself when the operator lets it.
          </span>
        </div>
      ))}
    </>
  )
}

function What({ host }: { host: string }) {
  if (host === EVERY_HOST) return <>Sending is paused by the operator</>
  return (
    <>
      Sending to <strong class="breakable">{host}</strong> is paused by the operator
    </>
  )
}
