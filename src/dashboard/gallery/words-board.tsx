// The small parts: badges, results, times, notices, empty states, questions, what is shown once.
import { NoDeliveries } from '../deliveries/list.tsx'
import { readQuery } from '../deliveries/filter.ts'
import { NoEndpoints } from '../endpoints/list.tsx'
import { NoReplays } from '../replays/list.tsx'
import { ReplayBadge } from '../replays/replay-words.tsx'
import { CopyBlock, ShownOnce } from '../ui/copy.tsx'
import { Progress, Result, StatusBadge } from '../ui/delivery-state.tsx'
import { StateBadge } from '../ui/endpoint-state.tsx'
import { OverlapField, Question } from '../ui/forms.tsx'
import { writeDuration } from '../ui/durations.ts'
import { Badge, Countdown, Empty, Figure, Notice, Time, Who } from '../ui/parts.tsx'
import { DELIVERY_STATES, makeDelivery } from './made-up/made-deliveries.ts'
import { ENDPOINT_STATES, makeEndpoint } from './made-up/made-endpoints.ts'
import { makeReplays } from './made-up/made-replays.ts'
import { FOREIGN, HOSTILE, LONG_ERROR, LONG_NAME, UNBROKEN } from './made-up/made-texts.ts'
import { Specimen } from './specimen.tsx'

const ORIGIN = 'https://webhooks.example.com'

/** The board. */
export function WordsBoard({ now }: { now: number }) {
  return (
    <>
      <States now={now} />
      <Values now={now} />
      <Notices />
      <Nothing now={now} />
      <Questions />
    </>
  )
}

function States({ now }: { now: number }) {
  return (
    <>
      <Specimen title="What is said of a delivery">
        <ul class="lines card">
          {DELIVERY_STATES.map(({ name, told }) => {
            const delivery = makeDelivery(now, told(now))
            return (
              <li>
                <StatusBadge delivery={delivery} />
                <span class="clip">{name}</span>
                <span class="clip">
                  <Result delivery={delivery} />
                </span>
                <Progress delivery={delivery} max={8} now={now} />
              </li>
            )
          })}
        </ul>
      </Specimen>
      <Specimen title="What is said of an endpoint and of a replay">
        <div class="card pad inline">
          {ENDPOINT_STATES.map(({ condition, told }) => (
            <StateBadge endpoint={makeEndpoint(now, told(now))} condition={condition} />
          ))}
          {makeReplays(now).map(({ status }) => (
            <ReplayBadge status={status} />
          ))}
          <Badge kind="plain">{LONG_NAME}</Badge>
          <Badge kind="bad">{HOSTILE}</Badge>
        </div>
      </Specimen>
    </>
  )
}

function Values({ now }: { now: number }) {
  const durations = [0, 0.4, 999, 1000, 9999, 59_900, 3_600_000, 90_000_000, 1e12]
  return (
    <>
      <Specimen title="Instants, durations and names">
        <ul class="lines card">
          {[now, 0, 253_402_300_799_000, Number.NaN].map((at) => (
            <li>
              <Time at={at} style="full" /> <Countdown at={at} now={now} />
            </li>
          ))}
          {durations.map((ms) => (
            <li>{writeDuration(ms)}</li>
          ))}
          {['admin', 'ab12cd34', 'dashboard:ab12cd34', HOSTILE, UNBROKEN].map((actor) => (
            <li>
              <span class="breakable">
                <Who actor={actor} />
              </span>
            </li>
          ))}
        </ul>
      </Specimen>
      <Specimen title="Figures">
        <dl class="figures">
          <Figure name="Nothing" note="not known yet">
            –
          </Figure>
          <Figure name="Much" note={LONG_NAME}>
            1,234,567,890
          </Figure>
          <Figure name={LONG_NAME} note={FOREIGN}>
            <Badge kind="bad">Late</Badge>
          </Figure>
        </dl>
      </Specimen>
    </>
  )
}

function Notices() {
  return (
    <Specimen title="Notices">
      <Notice kind="ok">Saved.</Notice>
      <Notice kind="wait">{LONG_NAME}</Notice>
      <Notice kind="bad">{LONG_ERROR}</Notice>
      <Notice kind="bad">
        {HOSTILE} {FOREIGN} {UNBROKEN}
      </Notice>
    </Specimen>
  )
}

function Nothing({ now }: { now: number }) {
  const all = readQuery({})
  return (
    <>
      <Specimen title="No deliveries yet">
        <NoDeliveries query={all} origin={ORIGIN} />
      </Specimen>
      <Specimen title="No delivery that matches">
        <NoDeliveries query={{ ...all, status: 'pending' }} origin={ORIGIN} />
      </Specimen>
      <Specimen title="No endpoints">
        <NoEndpoints origin={ORIGIN} />
      </Specimen>
      <Specimen title="No replays">
        <NoReplays origin={ORIGIN} now={now} />
      </Specimen>
      <Specimen title="Nothing, and hostile">
        <Empty title={HOSTILE}>{UNBROKEN}</Empty>
      </Specimen>
    </>
  )
}

function Questions() {
  return (
    <>
      <Specimen title="A question">
        <Question title={`Delete ${LONG_NAME}?`} action="" token="" submit="Delete it" back="">
          <p>
            {HOSTILE} {UNBROKEN}
          </p>
          <OverlapField chosen="3600" />
        </Question>
      </Specimen>
      <Specimen title="Shown once, and copied">
        <ShownOnce id="secret" label="Signing secret" text={`whsec_${'0a'.repeat(32)}`} />
        <CopyBlock id="hostile" label={HOSTILE} text={`${HOSTILE}\n${UNBROKEN}`} />
      </Specimen>
    </>
  )
}
