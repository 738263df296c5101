// What a check has found of an endpoint's receiver.
import type { ReceiverCheck } from '../../delivery/check-receiver.ts'
import { Badge } from '../ui/parts.tsx'

/** The result, on the page on which it was asked for. */
export function CheckCard({ checked: { findings, asked } }: { checked: ReceiverCheck }) {
  const wrong = findings.filter(({ isOk }) => !isOk).length
  return (
    <section class="card" aria-labelledby="check">
      <div class="card-head">
        <h2 id="check">What the check found</h2>
        <span class="muted small">
          {wrong === 0 ? 'All is as it should be.' : `${wrong} to mend.`}{' '}
          {asked.length === 1 ? '1 request' : `${asked.length} requests`}, no delivery
        </span>
      </div>
      <ul class="lines">
        {findings.map(({ isOk, message }) => (
          <li>
            <Badge kind={isOk ? 'ok' : 'bad'}>{isOk ? 'Good' : 'Mend'}</Badge>
            <span class="breakable">{message}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
