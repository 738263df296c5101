// An instant as a request names it: RFC 3339, with any offset.
import { z } from '@hono/zod-openapi'

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/

const MINUTE_MS = 60_000

/** An instant, in Unix ms from here on; what lies between two ms is the later one. */
export const AskedInstant = z
  .string('must be text')
  .transform((text, context) => {
    const at = readInstant(text)
    if (at !== undefined) return at
    context.addIssue('must be an instant such as 2026-04-15T14:30:50Z, as RFC 3339 has them')
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time', example: '2026-04-15T14:30:50Z' })

/** An instant in a query, in Unix ms, where a plus that is not escaped reads as a space. */
export const QueriedInstant = z
  .string()
  .transform((text) => text.replace(' ', '+'))
  .pipe(AskedInstant)
  .openapi({ type: 'string', format: 'date-time', example: '2026-04-15T14:30:50Z' })

/** Unix ms; undefined where it is none, as on February 30th. A leap second is the first of the next minute. */
export function readInstant(text: string): number | undefined {
  const [, day = '', time = '', seconds = '', fraction = '', offset = ''] =
    RFC_3339.exec(text) ?? []
  const minute = Date.parse(`${day}T${time}:00Z`)
  const isDay = !Number.isNaN(minute) && new Date(minute).toISOString().startsWith(`${day}T${time}`)
  const offsetMs = readOffset(offset)
  if (!isDay || Number(seconds) > 60 || offsetMs === undefined) return undefined
  return minute + Number(seconds) * 1000 + ceilMs(fraction) - offsetMs
}

function readOffset(offset: string): number | undefined {
  if (/^z$/i.test(offset)) return 0
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number)
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS
}

// By its digits: as a number times a thousand 0.069 would be more than 69.
function ceilMs(fraction: string): number {
  const isBetween = /[1-9]/.test(fraction.slice(3))
  return Number(fraction.slice(0, 3).padEnd(3, '0')) + (isBetween ? 1 : 0)
}
