// What columns are that the database has no type for.
import { customType } from 'drizzle-orm/sqlite-core'
import { z } from 'zod'
import { readStored } from './stored-json.ts'

/** A JSON list of texts; what is none reads as empty. */
export const texts = customType<{ data: string[]; driverData: string }>({
  dataType: () => 'text',
  toDriver: (list) => JSON.stringify(list),
  fromDriver: (stored) => readStored(stored, z.array(z.string()), []),
})

/** No `z.record`, which passes over a member that is called `__proto__`. */
const TextsByName = z.custom<Record<string, string>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
)

/** A JSON object of texts by their names; what is none reads as empty. */
export const textsByName = customType<{ data: Record<string, string>; driverData: string }>({
  dataType: () => 'text',
  toDriver: (named) => JSON.stringify(named),
  fromDriver: (stored) => readStored(stored, TextsByName, {}),
})

/** Of a column that the database works out when it is read, and does not store. */
export const VIRTUAL = { mode: 'virtual' } as const
