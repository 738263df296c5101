// Stored JSON as it may have become: one row that does not read must not end a page or a list.
import type { z } from 'zod'

/** The value of a stored text, or `fallback` when it is no JSON or not of the shape. */
export function readStored<Value>(text: string, schema: z.ZodType<Value>, fallback: Value): Value {
  try {
    // Not `schema.catch(fallback)`: that makes a schema each time, which takes longer than to read.
    const { success, data } = schema.safeParse(JSON.parse(text))
    return success ? data : fallback
  } catch (error) {
    if (error instanceof SyntaxError) return fallback
    throw error
  }
}
