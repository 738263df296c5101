// The gallery: every part of the pages in every state, made of what is made up, for who works on them.
import { Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { BASE, type DashboardEnv, type PageContext, type Session } from '../context.ts'
import { securityHeaders } from '../security-headers.ts'
import { answerBarePage, answerPage } from '../ui/layout.tsx'
import { PageHead } from '../ui/parts.tsx'
import { AttemptsBoard } from './attempts-board.tsx'
import { ChartsBoard } from './charts-board.tsx'
import { DeliveriesBoard } from './deliveries-board.tsx'
import { EndpointsBoard, FilterBoard } from './endpoints-board.tsx'
import { EntrancesBoard } from './entrances-board.tsx'
import { EventsBoard } from './events-board.tsx'
import { FormsBoard } from './forms-board.tsx'
import { ListsBoard } from './lists-board.tsx'
import { ENDPOINT_ID } from './made-up/made-deliveries.ts'
import { HOSTILE } from './made-up/made-texts.ts'
import { OverviewBoard } from './overview-board.tsx'
import { ReplaysBoard } from './replays-board.tsx'
import { WordsBoard } from './words-board.tsx'

/** Where the gallery is: below the dashboard, as its scripts and styles are. */
export const GALLERY = `${BASE}/gallery`

/** The boards by their last words in the address. */
const BOARDS: Record<string, (props: { now: number }) => Child> = {
  words: WordsBoard,
  charts: ChartsBoard,
  lists: ListsBoard,
  deliveries: DeliveriesBoard,
  attempts: AttemptsBoard,
  replays: ReplaysBoard,
  endpoints: EndpointsBoard,
  filter: FilterBoard,
  overview: OverviewBoard,
  forms: FormsBoard,
  events: EventsBoard,
  entrances: EntrancesBoard,
}

/** Nobody: what is shown is nobody's. */
const VISITOR: Session = {
  id: '',
  orgId: '',
  orgName: 'Gallery',
  keyId: 'gallery',
  linkId: undefined,
  scopes: ['read', 'operate', 'manage'],
  grant: { scopes: ['read', 'operate', 'manage'], expiresAt: null },
  stops: [],
  toldStops: [
    { host: '', since: 1_795_000_000_000, reason: HOSTILE },
    { host: 'receiver.example', since: 1_795_000_000_000, reason: null },
  ],
  alerts: [
    {
      endpointId: ENDPOINT_ID,
      url: 'https://receiver.example/hooks',
      description: HOSTILE,
      disabledAt: 1_795_000_000_000,
      failures: 10,
    },
  ],
}

/** Its pages. They need no session and no database. */
export function createGallery(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>({ strict: false }).basePath(GALLERY)
  app.use(securityHeaders(), async function asVisitor(c, next) {
    c.set('session', VISITOR)
    await next()
  })
  app.get('/', (c) => answerBoard(c, 'Gallery', <Index />))
  for (const [name, Board] of Object.entries(BOARDS)) {
    app.get(`/${name}`, (c) => answerBoard(c, `Gallery: ${name}`, <Board now={Date.now()} />))
  }
  app.notFound((c) =>
    answerBarePage(c, { title: 'Error', status: 404 }, <PageHead title="No such board" />),
  )
  return app
}

function answerBoard(c: PageContext, title: string, board: Child) {
  return answerPage(
    c,
    { title, section: 'Overview' },
    <>
      <PageHead title={title} />
      {board}
    </>,
  )
}

function Index() {
  return (
    <ul class="lines card">
      {Object.keys(BOARDS).map((name) => (
        <li>
          <a class="row-link" href={`${GALLERY}/${name}`}>
            {name}
          </a>
        </li>
      ))}
    </ul>
  )
}
