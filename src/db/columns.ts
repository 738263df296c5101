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

/** Of a column that the database works out when it is read, and does not store. */
export const VIRTUAL = { mode: 'virtual' } as const
