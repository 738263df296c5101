// One replay: how far it is, what came of it, and all that can be done to it on its way.
import { REPLAY_RATE } from '../../account/schema.ts'
import type { Replay } from '../../db/replays/words.ts'
import { REPLAYS } from '../context.ts'
import { withAlerts } from '../ui/current.tsx'
import { Copyable } from '../ui/copy.tsx'
import { may } from '../ui/may.tsx'
import { Notice, Time, Who } from '../ui/parts.tsx'
import { Failures } from './failures.tsx'
import { writeLooks } from './looks.ts'
import {
  ProgressBar,
  ReplayFigures,
  Situation,
  Skipped,
  waitingFor,
  type ShownReplay,
} from './replay-state.tsx'
import { RangeInWords, ReplayBadge, writeDeliveries } from './replay-words.tsx'

/** How often an open page looks again, in seconds: while the replay sends, and while it only may. */
const NEAR_POLL_S = 2
const FAR_POLL_S = 5

/** So long after the end, in ms, outcomes are still looked for. */
const OUTCOMES_MS = 3_600_000

/** The whole page; what changes polls, and is morphed in place when there is news. */
export function ReplayPage(shown: ShownReplay) {
  const { replay, notice, failures } = shown
  const path = `${REPLAYS}/${replay.id}`
  return (
    <>
      {notice ? <Notice kind={notice.kind}>{notice.text}</Notice> : null}
      <div id="replay" {...pollOf(shown, path)}>
        <Head {...shown} path={path} />
        <Situation {...shown} />
        <ProgressBar replay={replay} />
        <ReplayFigures {...shown} />
        <div class="columns">
          <div>
            <Failures failures={failures} replay={replay} path={path} />
            <Skipped replay={replay} />
          </div>
          <div>
            {isOver(replay) || !may('operate') ? null : <Controls replay={replay} path={path} />}
            <Facts {...shown} />
          </div>
        </div>
      </div>
    </>
  )
}

function isOver({ status }: Replay): boolean {
  return status !== 'running' && status !== 'paused'
}

/** What it shows in a word: asked again while this holds, the page has no news. */
export function seenOf(replay: Replay): string {
  const { status, replayed, delivered, failed, remaining, ratePerSecond } = replay
  return [status, replayed, delivered, failed, remaining, ratePerSecond].join('.')
}

function pollOf({ replay, looks, now, failures }: ShownReplay, path: string) {
  const { status, endedAt } = replay
  const isSettled = endedAt !== null && (waitingFor(replay) === 0 || now - endedAt > OUTCOMES_MS)
  if (isSettled) return {}
  const params = new URLSearchParams({
    seen: withAlerts(seenOf(replay)),
    looks: writeLooks(looks, { at: now, replayed: replay.replayed }),
    ...(failures.after !== undefined && { after: failures.after }),
  })
  const pollS = status === 'running' ? NEAR_POLL_S : FAR_POLL_S
  return {
    'hx-get': `${path}?${params.toString()}`,
    'hx-trigger': `every ${pollS}s`,
    'hx-select': '#replay',
    'hx-select-oob': '#alerts',
    'hx-swap': 'outerMorph',
  }
}

function Head({ replay, known, path }: ShownReplay & { path: string }) {
  const { status } = replay
  return (
    <div class="page-head">
      <div class="clip-parent">
        <p class="crumb">
          <a href={REPLAYS}>Replays</a>
        </p>
        <h1>
          Replay of {writeDeliveries(replay)} <ReplayBadge status={status} />
        </h1>
        <p class="muted">
          <RangeInWords filter={replay.filter} hasMissing={replay.hasMissing} known={known} />
        </p>
      </div>
      {status === 'running' ? <Act path={path} verb="pause" name="Pause" /> : null}
      {status === 'paused' ? <Act path={path} verb="resume" name="Resume" /> : null}
    </div>
  )
}

function Act({ path, verb, name }: { path: string; verb: string; name: string }) {
  if (!may('operate')) return null
  return (
    <form method="post" action={`${path}/${verb}`} id={verb}>
      <button class="primary">{name}</button>
    </form>
  )
}

/** What is typed meanwhile is left alone when the page is brought up to date. */
function Controls({ replay, path }: { replay: Replay; path: string }) {
  const { ratePerSecond } = replay
  return (
    <section class="card" aria-label="Pace and end">
      <form method="post" action={`${path}/rate`} class="stack pad pace" id="pace" hx-morph-skip>
        <label>
          Deliveries a second
          <input
            type="number"
            name="rate"
            min="1"
            max={REPLAY_RATE.most}
            required
            value={String(ratePerSecond)}
          />
        </label>
        <button>Change the pace</button>
      </form>
      <p class="pad">
        <a class="button danger" href={`${path}/cancel`}>
          Cancel this replay…
        </a>
      </p>
    </section>
  )
}

function Facts({ replay }: ShownReplay) {
  const { recipient, ratePerSecond, reason, createdBy, createdAt, id } = replay
  return (
    <section class="card facts" aria-labelledby="facts">
      <div class="card-head">
        <h2 id="facts">Replay</h2>
      </div>
      <dl>
        <dt>Goes to</dt>
        <dd>
          {recipient === 'current' ? 'the endpoint’s present URL' : 'the URL each was made with'}
        </dd>
        <dt>Pace</dt>
        <dd>{ratePerSecond} a second, or less where an endpoint recovers</dd>
        <dt>Reason</dt>
        <dd class="breakable">{reason ?? '–'}</dd>
        <dt>Started</dt>
        <dd>
          <Time at={createdAt} style="full" />
        </dd>
        <dt>By</dt>
        <dd>
          <Who actor={createdBy} />
        </dd>
        <dt>Id</dt>
        <dd class="mono">
          <Copyable what="replay id" text={id} />
        </dd>
      </dl>
    </section>
  )
}
