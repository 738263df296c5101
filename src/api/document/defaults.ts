// What a body's members are by default, in words: of a `default` clients are generated that ask for the member.
import type { Schema } from './shape.ts'

/** The schemas by their names, of which each part says its default in its description. */
export function sayAll(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, sayDefaults(schema)]),
  )
}

function sayDefaults({ default: value, ...schema }: Schema): Schema {
  const { description, properties, items, allOf } = schema
  const words = value === undefined ? [] : [`By default \`${toText(value)}\`.`]
  return {
    ...schema,
    ...(words.length > 0 && { description: [description, ...words].filter(Boolean).join(' ') }),
    ...(properties && { properties: sayAll(properties) }),
    ...(items && { items: sayDefaults(items) }),
    ...(allOf && { allOf: allOf.map(sayDefaults) }),
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
