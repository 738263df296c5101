// What whoever is signed in may do, for all that a page offers.
import { createContext, useContext, type Child } from 'hono/jsx'
import type { Session } from '../context.ts'

type Scopes = Session['scopes']

/** Nothing by itself: a part of a page that is answered without its frame offers nothing. */
const Given = createContext<Scopes>([])

/** What is in it is offered by these scopes. It is rendered at once, so that no other request comes in between. */
export function Offered({ scopes, children }: { scopes: Scopes; children: Child }) {
  return <Given.Provider value={scopes}>{children}</Given.Provider>
}

/** Whether a component offers what takes the scope; whoever asks for it all the same is refused. */
export function may(scope: Scopes[number]): boolean {
  return useContext(Given).includes(scope)
}

/** What is offered to those who have the scope. */
export function May({ do: scope, children }: { do: Scopes[number]; children: Child }) {
  return may(scope) ? <>{children}</> : null
}
