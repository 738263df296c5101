// What `verify` answers, to be held against every runtime.
import { describeAccepted } from './accepted.ts'
import { describeBodies } from './bodies.ts'
import { describeHeaders } from './headers.ts'
import { describeWhatever } from './whatever.ts'

export function describeVerify(): void {
  describeAccepted()
  describeHeaders()
  describeBodies()
  describeWhatever()
}
