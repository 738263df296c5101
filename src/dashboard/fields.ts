// Fields of forms, read by the rules that the API has for the same things.
import { z } from 'zod'
import { MAX_KEY_DAYS, OverlapSeconds, RatePerSecond, Reason } from '../account/schema.ts'
import { RECIPIENTS, type Recipient } from '../db/words.ts'
import { AppError } from '../errors.ts'

const DAY_MS = 24 * 3_600_000

/** How long the old secret goes on where nothing else was chosen, in seconds, as text: a day. */
export const USUAL_OVERLAP = '86400'

const WHOLE = /^\d{1,15}$/

/** A number as forms send it; what is none is left to the schema behind it. */
const Digits = z.string().transform((text) => (WHOLE.test(text.trim()) ? Number(text) : text))

const Overlap = Digits.pipe(OverlapSeconds)

const Days = Digits.pipe(
  z.int(`must be a whole number from 1 to ${MAX_KEY_DAYS}`).min(1).max(MAX_KEY_DAYS),
)

const Rate = Digits.pipe(RatePerSecond)

const To = z.enum(RECIPIENTS, 'must be "original" or "current"').optional()

/**
 * A field as its schema takes it.
 * @throws AppError `invalid_request`, its sentence naming the field.
 */
export function readField<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new AppError('invalid_request', { message: faultOf(name, parsed.error) })
}

/** How long the old secret goes on, in ms; not at all when the field is absent or empty. */
export function readOverlapMs(value: unknown): number {
  return isBlank(value) ? 0 : readField('overlap', Overlap, value) * 1000
}

/** When a key expires, in Unix ms, so many days from now; null when the field is absent or empty: never. */
export function readExpiry(value: unknown, now: number): number | null {
  return isBlank(value) ? null : now + readField('days', Days, value) * DAY_MS
}

/** How many a second. @throws AppError `invalid_request`. */
export function readRate(value: unknown): number {
  return readField('rate', Rate, value)
}

/** What is wrong with how many a second, if anything is. */
export function findRateFault(value: unknown): string | undefined {
  const { error } = Rate.safeParse(value)
  return error && faultOf('rate', error)
}

/** What is wrong with a reason, if anything is. */
export function findReasonFault(value: unknown): string | undefined {
  const { error } = Reason.safeParse(value)
  return error && faultOf('reason', error)
}

/** Where a redelivery goes, where that is asked. @throws AppError `invalid_request`. */
export function readRecipient(value: unknown): Recipient | undefined {
  return readField('to', To, isBlank(value) ? undefined : value)
}

function faultOf(name: string, { issues }: z.ZodError): string {
  return `${name}: ${issues[0]?.message ?? 'is not valid'}`
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === ''
}
