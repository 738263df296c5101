// `verify` in workerd.
import { describeVerify } from './verify.ts'

describeVerify()
