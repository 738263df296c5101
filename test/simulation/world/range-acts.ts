// What people ask of replays: to start one, of a range or of one delivery, and to control it.
import {
  cancelReplay,
  changeReplayRate,
  pauseReplay,
  resumeReplay,
} from '../../../src/delivery/replay/control.ts'
import { redeliverElsewhere } from '../../../src/delivery/replay/start-one.ts'
import { startReplay } from '../../../src/delivery/replay/start.ts'
import { elsewhereUrlOf } from '../outside/receiver.ts'
import { answerOf, HOST, PERSON, withKeyOf, type Act } from './asking.ts'
import type { ClientCall } from './history.ts'

type Start = 'replay' | 'copy' | 'recover' | 'elsewhere'

type Control = 'pause' | 'resume' | 'cancel' | 'repace'

/** Whether an action of this name starts a replay. */
export function isStart(name: string): boolean {
  return ['replay', 'copy', 'recover', 'elsewhere'].includes(name)
}

/** Whether it is of a replay that there is. */
export function isControl(name: string): boolean {
  return ['pause', 'resume', 'cancel', 'repace'].includes(name)
}

/** What starts and controls replays, by the action's name. */
export const RANGE_ACTS: Record<Start | Control, Act> = {
  replay: start,
  copy: start,
  recover: start,
  elsewhere: (engine, call) =>
    answerOf(
      redeliverElsewhere(engine, PERSON, call.input.target, {
        url: elsewhereUrlOf(call.input.place),
        host: HOST,
        reason: null,
        ...withKeyOf(call),
      }),
    ),
  pause: (engine, call) =>
    answerOf(pauseReplay(engine, PERSON, call.input.target, withKeyOf(call))),
  resume: (engine, call) =>
    answerOf(resumeReplay(engine, PERSON, call.input.target, withKeyOf(call))),
  cancel: (engine, call) =>
    answerOf(cancelReplay(engine, PERSON, call.input.target, withKeyOf(call))),
  repace: (engine, { input }) => changeReplayRate(engine, PERSON, input.target, input.rate),
}

function start(...[engine, call]: Parameters<Act>): Promise<unknown> {
  return answerOf(startReplay(engine, PERSON, rangeOf(call), { host: HOST, ...withKeyOf(call) }))
}

/** All that there is, at so many a second; where to, if it is copies, or with what was missed. */
function rangeOf({ action, input: { rate, place } }: ClientCall) {
  const copiesTo = action === 'copy' ? elsewhereUrlOf(place) : null
  const range = { filter: {}, hasMissing: action === 'recover', copiesTo, reason: null }
  return { ...range, ratePerSecond: rate, recipient: 'original' } as const
}
