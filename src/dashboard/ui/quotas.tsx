// What an organization may have and do at most, and how much of it is used: as a list, and where it runs out as alerts.
import type { QuotaUse } from '../../db/account/quotas.ts'
import type { QuotaName } from '../../quotas.ts'
import { Notice } from './parts.tsx'

/** From this share on somebody is told. */
const NEAR = 0.8

const NAMES: Record<QuotaName, string> = {
  events_per_minute: 'Events a minute',
  events_per_day: 'Events today, in UTC',
  stored_bytes: 'Stored',
  keys: 'Live API keys',
  endpoints_per_day: 'Endpoints made today, in UTC',
  pending_deliveries: 'Pending deliveries',
}

/** What is refused once it is used up, and until when. */
const REFUSED: Record<QuotaName, string> = {
  events_per_minute: 'What is beyond is refused until the minute is over.',
  events_per_day: 'Events are refused until midnight UTC.',
  stored_bytes: 'Events are refused until old ones are pruned.',
  keys: 'No other is made until one is revoked or over.',
  endpoints_per_day: 'No other is made until midnight UTC.',
  pending_deliveries: 'Events are refused until some are delivered or discarded.',
}

/** Every quota with its use, in words and as a meter. */
export function Quotas({ uses }: { uses: QuotaUse[] }) {
  return (
    <section class="card" aria-labelledby="quotas">
      <div class="card-head">
        <h2 id="quotas">Quotas</h2>
      </div>
      <ul class="lines quotas">
        {uses.map((use) => (
          <QuotaLine use={use} />
        ))}
      </ul>
      <p class="muted pad">
        What was sent is counted every five minutes. The operator can give you others.
      </p>
    </section>
  )
}

function QuotaLine({ use }: { use: QuotaUse }) {
  const { quota, most, used } = use
  const name = NAMES[quota]
  return (
    <li>
      <span>{name}</span>
      {used === null ? (
        <span class="num">at most {write(quota, most)}</span>
      ) : (
        <>
          <span class="num">{writeUse(use)}</span>
          <meter
            min={0}
            max={most}
            high={NEAR * most}
            value={Math.min(used, most)}
            aria-label={name}
          >
            {percentOf(use)} %
          </meter>
        </>
      )}
    </li>
  )
}

/** What is used up, in red, and what will be soon. */
export function QuotaAlerts({ uses }: { uses: QuotaUse[] }) {
  return (
    <>
      {uses.filter(isNear).map((use) => (
        <Notice kind={isFull(use) ? 'bad' : 'wait'}>
          {isFull(use) ? 'A quota is used up' : `${percentOf(use)} % of a quota is used`}:{' '}
          {NAMES[use.quota].toLowerCase().replace(/utc$/, 'UTC')}, {writeUse(use)}.{' '}
          {isFull(use) ? REFUSED[use.quota] : ''} The operator can raise it.
        </Notice>
      ))}
    </>
  )
}

function isNear(use: QuotaUse): boolean {
  return isFull(use) || (use.used ?? 0) >= NEAR * use.most
}

function isFull({ isOver, used, most }: QuotaUse): boolean {
  return isOver || (used ?? 0) >= most
}

function percentOf({ used, most }: QuotaUse): number {
  return Math.min(100, Math.floor((100 * (used ?? 0)) / most))
}

function writeUse({ quota, used, most }: QuotaUse): string {
  return `${write(quota, used ?? 0)} of ${write(quota, most)}`
}

const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'KB'],
] as const

function write(quota: QuotaName, figure: number): string {
  if (quota !== 'stored_bytes') return figure.toLocaleString('en')
  const [scale, unit] = UNITS.find(([least]) => figure >= least) ?? [1, 'bytes']
  return `${(figure / scale).toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`
}
