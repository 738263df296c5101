// How the library writes what is said of a component at one place, in fewer words.
import type { Schema } from './shape.ts'

/** Keywords that say something to a reader, and ask nothing of a value. */
const ANNOTATIONS = new Set(['description', 'example', 'default'])

/**
 * Everything inside a part of the document: `allOf` of a reference and annotations becomes a reference beside them,
 * as OpenAPI 3.1 has it; and where the library lets a component be null, one of both.
 */
export function tidy<Part>(part: Part): Part {
  if (typeof part !== 'object' || part === null) return part
  const members = Object.entries(part).map(([name, value]) => [name, tidy(value)])
  // It has the members that it had.
  const tidied = (
    Array.isArray(part) ? members.map(([, value]) => value) : toSchema(members)
  ) as Part
  return tidied
}

function toSchema(members: unknown[][]): Schema {
  const schema: Schema = Object.fromEntries(members)
  const [reference, said] = schema.allOf ?? []
  if (reference?.$ref === undefined || said === undefined || said.properties) return schema
  const { type, enum: _values, ...annotations } = said
  if (!Object.keys(annotations).every((name) => ANNOTATIONS.has(name))) return schema
  const isNullable = [type].flat().includes('null')
  return isNullable
    ? { ...annotations, anyOf: [reference, { type: 'null' }] }
    : { ...annotations, ...reference }
}
