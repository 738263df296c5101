// The page of one replay, and what can be done to it.
import { Hono } from 'hono'
import { listEndpoints } from '../../db/account/endpoints.ts'
import { listFailed } from '../../db/views/sent.ts'
import { findReplay } from '../../db/replays/views.ts'
import type { Replay, ReplayStatus } from '../../db/replays/words.ts'
import {
  cancelReplay,
  changeReplayRate,
  pauseReplay,
  resumeReplay,
} from '../../delivery/replay/control.ts'
import { AppError, notFound } from '../../errors.ts'
import {
  actorOf,
  dataOf,
  idOf,
  readId,
  REPLAYS,
  type DashboardEnv,
  type PageContext,
} from '../context.ts'
import { findRateFault, readRate } from '../fields.ts'
import { fieldsOf, readForm } from '../sent-form.ts'
import { tokenOf } from '../once.ts'
import { tellRefusal } from '../refusal.ts'
import { hasSeen } from '../ui/current.tsx'
import { answerPage } from '../ui/layout.tsx'
import type { ShownFailures } from './failures.tsx'
import { readLooks } from './looks.ts'
import { ReplayPage, seenOf } from './page.tsx'
import { AskToControl, type Verb } from './replay-questions.tsx'
import type { ShownReplay } from './replay-state.tsx'
import { writeDeliveries } from './replay-words.tsx'

/** Failed deliveries on a page. */
const FAILED = 20

const NOTICES: Record<string, ShownReplay['notice']> = {
  started: { kind: 'ok', text: 'Started.' },
  again: {
    kind: 'wait',
    text: 'This plan had been started already: this is its replay, and no other was started.',
  },
  paused: { kind: 'ok', text: 'Paused. Nothing more is sent from within a few seconds on.' },
  running: { kind: 'ok', text: 'Resumed.' },
  rate: { kind: 'ok', text: 'The pace is changed.' },
}

/** What can be done, and what the replay is then. */
const VERBS = {
  pause: { act: pauseReplay, leadsTo: 'paused' },
  resume: { act: resumeReplay, leadsTo: 'running' },
  cancel: { act: cancelReplay, leadsTo: 'canceled' },
} as const satisfies Record<string, { act: typeof pauseReplay; leadsTo: ReplayStatus }>

/** The routes of one replay. */
export function runningRoutes(): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>()
  app.get('/:id', async (c) => {
    const replay = await replayOf(c)
    // While it runs there is news even where nothing changes: how fast it is.
    const isOn = replay.status === 'running'
    if (!isOn && hasSeen(c, seenOf(replay))) return c.body(null, 204)
    return answerReplay(c, replay, { notice: NOTICES[c.req.query('done') ?? ''] })
  })
  app.get('/:id/rate', async (c) => ask(c, 'rate', (await fieldsOf(c)).get('rate') ?? ''))
  app.post('/:id/rate', (c) => changeRate(c))
  for (const verb of ['pause', 'resume', 'cancel'] as const) {
    app.get(`/:id/${verb}`, (c) => ask(c, verb))
    app.post(`/:id/${verb}`, (c) => control(c, VERBS[verb]))
  }
  return app
}

async function ask(c: PageContext, verb: Verb, rate = '') {
  const replay = await replayOf(c)
  const token = tokenOf(await fieldsOf(c))
  return answerPage(
    c,
    { title: `Replay of ${writeDeliveries(replay)}`, section: 'Replays' },
    <AskToControl replay={replay} verb={verb} rate={rate} token={token} />,
  )
}

/** A second click finds it done, and that is no refusal. */
async function control(c: PageContext, { act, leadsTo }: (typeof VERBS)[keyof typeof VERBS]) {
  try {
    await act(c.get('world'), actorOf(c), idOf(c))
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 409) throw error
    const replay = await replayOf(c)
    if (replay.status !== leadsTo) return answerConflict(c, replay, tellRefusal(error))
  }
  return c.redirect(`${REPLAYS}/${idOf(c)}?done=${leadsTo}`, 303)
}

async function changeRate(c: PageContext) {
  const rate = (await readForm(c)).get('rate')
  const replay = await replayOf(c)
  const fault = findRateFault(rate)
  if (fault !== undefined) return answerConflict(c, replay, `${fault}.`, 400)
  try {
    await changeReplayRate(c.get('world'), actorOf(c), idOf(c), readRate(rate))
    return c.redirect(`${REPLAYS}/${replay.id}?done=rate`, 303)
  } catch (error) {
    if (!(error instanceof AppError) || error.status !== 409) throw error
    return answerConflict(c, await replayOf(c), tellRefusal(error))
  }
}

function answerConflict(c: PageContext, replay: Replay, text: string, status: 400 | 409 = 409) {
  return answerReplay(c, replay, { notice: { kind: 'bad', text } }, status)
}

async function answerReplay(
  c: PageContext,
  replay: Replay,
  { notice }: Pick<ShownReplay, 'notice'>,
  status: 200 | 400 | 409 = 200,
) {
  const { now } = c.get('world')
  const [endpoints, failures] = await Promise.all([
    listEndpoints(dataOf(c), replay.orgId),
    listFailures(c, replay),
  ])
  const shown = {
    replay,
    failures,
    known: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    looks: readLooks(c.req.query('looks')),
    now: now(),
    notice,
  }
  return answerPage(
    c,
    { title: `Replay of ${writeDeliveries(replay)}`, section: 'Replays', status },
    <ReplayPage {...shown} />,
  )
}

/** Nothing is read where none has failed. */
async function listFailures(c: PageContext, replay: Replay): Promise<ShownFailures> {
  const after = readId(c.req.query('after'))
  if (replay.failed === 0) return { rows: [], hasMore: false, next: undefined, after }
  const page = { startingAfter: after, limit: FAILED }
  return { ...(await listFailed(dataOf(c), replay, page)), after }
}

async function replayOf(c: PageContext): Promise<Replay> {
  const replay = await findReplay(dataOf(c), c.get('session').orgId, idOf(c))
  if (!replay) throw notFound('replay')
  return replay
}
