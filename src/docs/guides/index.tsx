// The guides, in the order in which somebody new needs them.
import type { Child } from 'hono/jsx'
import type { OpenApi } from '../../api/document/shape.ts'
import type { Config } from '../../config.ts'
import type { Page } from '../frame.tsx'
import { Clients } from './clients.tsx'
import { Errors, Idempotency, Limits } from './asking.tsx'
import { Keys } from './keys.tsx'
import { Laptop } from './laptop.tsx'
import { Events, GoingLive, Retries, Signatures } from './receiving.tsx'
import { Receivers } from './receivers.tsx'
import { Home, Start } from './start.tsx'

/** A page, but for what it says, which depends on the service. */
type Guide = Omit<Page, 'content'> & { write: (document: OpenApi, config: Config) => Child }

/** What there is, in order. */
export const GUIDES: Guide[] = [
  {
    path: '/',
    title: 'Webhooks that arrive',
    about: 'What this service is, and where to go on.',
    write: () => <Home />,
  },
  {
    path: '/docs',
    title: 'Start',
    about: 'From an API key to the first webhook, and to its replay.',
    write: () => <Start />,
  },
  {
    path: '/docs/events',
    title: 'Events',
    about: 'The eight events, their body and the headers that a receiver gets.',
    write: (document) => <Events document={document} />,
  },
  {
    path: '/docs/signatures',
    title: 'Signatures',
    about: 'How to be sure that a webhook is ours, and the traps.',
    write: (_document, config) => <Signatures config={config} />,
  },
  {
    path: '/docs/receivers',
    title: 'Receivers',
    about: 'A whole receiver in Node, Python, Go, Rust, Java, Ruby and PHP, and how to try one.',
    write: () => <Receivers />,
  },
  {
    path: '/docs/laptop',
    title: 'Your laptop',
    about: 'How to get webhooks on your own machine, while you write a receiver.',
    write: () => <Laptop />,
  },
  {
    path: '/docs/retries',
    title: 'Retries and replays',
    about: 'What counts as received, when it is tried again, and how to send it again.',
    write: (_document, config) => <Retries config={config} />,
  },
  {
    path: '/docs/clients',
    title: 'Clients',
    about: 'The API in TypeScript, Python and Go, by generated clients; and the Python SDK.',
    write: () => <Clients />,
  },
  {
    path: '/docs/idempotency',
    title: 'Idempotency',
    about: 'How to ask once more without anything happening twice.',
    write: () => <Idempotency />,
  },
  {
    path: '/docs/keys',
    title: 'Keys',
    about: 'What a key lets do, and how one is replaced.',
    write: () => <Keys />,
  },
  {
    path: '/docs/errors',
    title: 'Errors',
    about: 'Every code, its status and what to do.',
    write: () => <Errors />,
  },
  {
    path: '/docs/limits',
    title: 'Limits',
    about: 'How often, how large, how long.',
    write: (_document, config) => <Limits config={config} />,
  },
  {
    path: '/docs/going-live',
    title: 'Going live',
    about: 'What to check before real calls, firewalls included.',
    write: (_document, config) => <GoingLive config={config} />,
  },
]

/** Every guide; figures are the service's own. */
export function listGuides(document: OpenApi, config: Config): Page[] {
  return GUIDES.map(({ path, title, about, write }) => {
    return { path, title, about, content: write(document, config) }
  })
}
