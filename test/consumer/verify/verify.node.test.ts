// `verify` in Node.
import { describeVerify } from './verify.ts'

describeVerify()
