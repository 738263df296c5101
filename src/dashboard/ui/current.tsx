// A part of a page that keeps itself current: asked again, it says nothing while nothing has changed.
import { createContext, useContext, type Child } from 'hono/jsx'
import { isFragment, type PageContext, type Session } from '../context.ts'

/** Which part of which page, how often it asks in seconds, and what it shows, as `digestOf` gives it. */
type Watching = { id: string; path: string; everyS: number; seen: string }

/** What stands above every page. */
type Above = Pick<Session, 'alerts' | 'stops' | 'toldStops'>

/** What the page alerts to, as `digestOf` gives it. */
const Alerted = createContext('')

/** What is in it stands below these alerts: an open page that asks for news of anything gets theirs, too. */
export function BelowAlerts({ session, children }: { session: Above; children: Child }) {
  return <Alerted.Provider value={digestOfAbove(session)}>{children}</Alerted.Provider>
}

function digestOfAbove({ alerts, stops, toldStops }: Above): string {
  return digestOf(alerts, stops, toldStops)
}

/** What goes along with a part's next question: what it shows itself, and the alerts above it. */
export function withAlerts(seen: string): string {
  return `${seen}.${useContext(Alerted)}`
}

/** The part; where there is news it is morphed in place, so that what is unfolded or focused stays so. */
export function Current(props: Watching & { children: Child }) {
  const { id, path, everyS, seen, children } = props
  return (
    <div
      id={id}
      hx-get={`${path}${path.includes('?') ? '&' : '?'}seen=${withAlerts(seen)}`}
      hx-trigger={`every ${everyS}s`}
      hx-select={`#${id}`}
      hx-select-oob="#alerts"
      hx-swap="outerMorph"
    >
      {children}
    </div>
  )
}

/** What a part shows in a word: asked again while this holds, it has no news. */
export function digestOf(...shown: unknown[]): string {
  return String(hash(JSON.stringify(shown)))
}

/** Whether an open page asks, and has seen this and all alerts already: then 204 is the answer. */
export function hasSeen(c: PageContext, seen: string): boolean {
  return isFragment(c) && c.req.query('seen') === `${seen}.${digestOfAbove(c.get('session'))}`
}

/** 53 bits: FNV-1a by halves of two hashes. Two states of one page that collide show the older one until the next. */
function hash(text: string): number {
  let [low, high] = [0x811c9dc5, 0x9747b28c]
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca6b)
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}
