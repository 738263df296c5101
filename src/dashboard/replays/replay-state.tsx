// A replay as it goes on: how far it is, how fast, what came of it, and what holds it up.
import type { Endpoint } from '../../db/account/endpoints.ts'
import type { Replay } from '../../db/replays/words.ts'
import { Countdown, Figure, Notice, Time, writeCount } from '../ui/parts.tsx'
import type { ShownFailures } from './failures.tsx'
import { sendsPerSecond, type Look } from './looks.ts'
import { dealtWith, EndpointName, SKIPPED_BECAUSE } from './replay-words.tsx'

/** What the page of a replay shows. */
export type ShownReplay = {
  replay: Replay
  known: Map<string, Endpoint>
  failures: ShownFailures
  looks: Look[]
  now: number
  notice?: { kind: 'ok' | 'wait' | 'bad'; text: string } | undefined
}

/** The bar, with the same in words: a reader of the screen is told each tenth, not each percent. */
export function ProgressBar({ replay }: { replay: Replay }) {
  const { total, totalIsExact } = replay
  const done = dealtWith(replay)
  const percent = percentOf(replay)
  return (
    <section class="card pad progress" aria-label="Progress">
      <progress
        max={Math.max(1, total, done)}
        value={total === 0 ? 1 : done}
        aria-label="Sent or skipped"
      >
        {percent} %
      </progress>
      <p class="num">
        {writeCount(done)} of {totalIsExact ? '' : 'at least '}
        {writeCount(total)} sent or skipped, {percent} %
      </p>
      <p class="hidden" role="status">
        {tellState(replay)}
      </p>
    </section>
  )
}

function percentOf(replay: Replay): number {
  if (replay.total === 0 || replay.status === 'completed') return 100
  return Math.min(99, Math.floor((100 * dealtWith(replay)) / replay.total))
}

function tellState(replay: Replay): string {
  if (replay.status !== 'running') return `The replay is ${replay.status}.`
  return `The replay is running: ${Math.floor(percentOf(replay) / 10) * 10} % and more is done.`
}

/** The numbers. */
export function ReplayFigures({ replay, looks, now }: ShownReplay) {
  const { replayed, remaining, delivered, failed, ratePerSecond } = replay
  const rate = sendsPerSecond(replay, looks, now)
  const isOn = replay.status === 'running'
  return (
    <dl class="figures">
      <Figure name="Sent" note={`${writeCount(waitingFor(replay))} without an outcome yet`}>
        {writeCount(replayed)}
      </Figure>
      <Figure name="Delivered" note="taken by their endpoints">
        {writeCount(delivered)}
      </Figure>
      <Figure name="Failed" note={failed === 0 ? 'none so far' : 'see below'}>
        <span class={failed > 0 ? 'bad-text' : ''}>{writeCount(failed)}</span>
      </Figure>
      <Figure name="Remaining" note={<Ending replay={replay} now={now} />}>
        {replay.totalIsExact ? '' : '≥ '}
        {writeCount(remaining)}
      </Figure>
      <Figure
        name={isOn ? 'Sends a second' : 'Sent a second'}
        note={isOn ? `of ${ratePerSecond} at most` : 'on average'}
      >
        {rate === undefined ? '–' : writeRate(rate)}
      </Figure>
    </dl>
  )
}

/** Sent, and nothing was heard of it yet. */
export function waitingFor({ replayed, delivered, failed }: Replay): number {
  return Math.max(0, replayed - delivered - failed)
}

function writeRate(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : writeCount(Math.round(rate))
}

function Ending({ replay: { status, etaAt, endedAt }, now }: { replay: Replay; now: number }) {
  if (endedAt !== null) {
    return (
      <>
        {status} <Time at={endedAt} />
      </>
    )
  }
  if (etaAt === null) return <>until it is resumed</>
  return (
    <>
      done <Countdown at={etaAt} now={now} />
    </>
  )
}

/** What holds it up, or has ended it, and what to do about it. */
export function Situation(shown: ShownReplay) {
  const { status, fault, remaining } = shown.replay
  return (
    <>
      <Held {...shown} />
      {status === 'failed' ? (
        <Notice kind="bad">
          It ended by a fault of ours: {fault}. What was sent is sent; the other{' '}
          {writeCount(remaining)} are as they were.
        </Notice>
      ) : null}
      {status === 'canceled' ? (
        <Notice kind="wait">
          Canceled. What was sent is sent; the other {writeCount(remaining)} are as they were.
        </Notice>
      ) : null}
    </>
  )
}

function Held({ replay: { status, heldEndpoints }, known }: ShownReplay) {
  if (heldEndpoints.length === 0 || (status !== 'running' && status !== 'paused')) return null
  return (
    <Notice kind="bad">
      Held:{' '}
      {heldEndpoints.map((id, place) => (
        <>
          {place === 0 ? '' : ', '}
          <EndpointName id={id} known={known} />
        </>
      ))}
      . The first ten deliveries all failed there, so no more are sent. Mend it first.{' '}
      {status === 'paused'
        ? 'Resume tries again, with ten.'
        : 'The others go on. Pause, then Resume, tries again, with ten.'}
    </Notice>
  )
}

/** What was passed over, and why. */
export function Skipped({ replay: { skipped } }: { replay: Replay }) {
  const causes = Object.entries(SKIPPED_BECAUSE).flatMap(([cause, text]) => {
    // The keys of SKIPPED_BECAUSE are the causes.
    const count = skipped[cause as keyof typeof SKIPPED_BECAUSE] ?? 0
    return count > 0 ? [{ count, text }] : []
  })
  if (causes.length === 0) return null
  return (
    <section class="card" aria-labelledby="skipped">
      <div class="card-head">
        <h2 id="skipped">Skipped</h2>
      </div>
      <ul class="lines counts">
        {causes.map(({ count, text }) => (
          <li>
            <span class="num">{writeCount(count)}</span>
            <span class="clip-parent">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
