// What the operator does: stops the org, a host or everything, and lets it go on.
import { changeOrg } from '../../../src/account/orgs.ts'
import { resumeSending, stopSending } from '../../../src/account/stops.ts'
import type { Actor as Person } from '../../../src/db/audit.ts'
import { EVERY_HOST } from '../../../src/db/stopped.ts'
import { urlOf } from '../outside/receiver.ts'
import type { Action, Step } from '../schedules/schedule.ts'
import { PERSON, type Act } from './asking.ts'
import type { World } from './world.ts'

/** The targets of a `stop` that are no host. */
const ORG_ITSELF = 1
const EVERYTHING = 2

/** Whether it is the operator who does this. */
export function isOfOperator(action: Action): action is 'stop' | 'lift' {
  return action === 'stop' || action === 'lift'
}

/** What each of them asks. */
export const STOP_ACTS: Record<'stop' | 'lift', Act> = {
  stop: (engine, { input: { rate } }) =>
    rate === ORG_ITSELF
      ? changeOrg(engine, PERSON, { sending: { isPaused: true, reason: null } })
      : stopSending(engine, operatorIn, hostOf(rate), null),
  lift: (engine, { input: { rate } }) =>
    rate === ORG_ITSELF
      ? changeOrg(engine, PERSON, { sending: { isPaused: false, reason: null } })
      : resumeSending(engine, operatorIn, hostOf(rate)),
}

function operatorIn(orgId: string): Person {
  return { ...PERSON, orgId }
}

/** Others have sent to a host as much as it gets; or it gets more again. */
export function crowd({ history }: World, { action, target }: Step): void {
  const host = hostOf(Math.max(target, EVERYTHING + 1))
  // Whoever has read before knows nothing of it.
  history.tx += 1
  history.crowds.push({ tx: history.tx, host, isOver: action === 'calm' })
}

/** The first of the receivers is that of calls' own URLs. */
function hostOf(target: number): string {
  return target === EVERYTHING ? EVERY_HOST : new URL(urlOf(target - EVERYTHING - 1)).hostname
}
