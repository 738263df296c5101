// Examples of whole bodies, made of those that their members have.
import type { Content, OpenApi, Operation, Schema } from './shape.ts'

/** Gives each parameter and body of the operation an example, where it has none of its own. */
export function exemplify(operation: Operation, { components }: OpenApi): void {
  for (const parameter of operation.parameters ?? []) {
    parameter.example ??= exampleOf(parameter.schema ?? {}, components.schemas)
    // Said of the parameter already.
    const { description: _said, example: _shown, ...schema } = parameter.schema ?? {}
    parameter.schema = schema
  }
  const bodies = Object.values(operation.responses).flatMap((answer) =>
    'content' in answer && answer.content ? [answer.content] : [],
  )
  if (operation.requestBody) bodies.push(operation.requestBody.content)
  for (const content of bodies) exemplifyBody(content, components.schemas)
}

function exemplifyBody(content: Content, schemas: Record<string, Schema>): void {
  for (const media of Object.values(content)) {
    if (!media.schema || media.examples) continue
    const { anyOf: kinds } = media.schema
    if (kinds) media.examples = listKinds(kinds, schemas)
    else media.example ??= exampleOf(media.schema, schemas)
  }
}

/** What one of each kind of answer is like, by the names of their components. */
function listKinds(kinds: Schema[], schemas: Record<string, Schema>) {
  const named = kinds.map((kind) => {
    const name = nameIn(kind)
    return [name, { summary: name, value: exampleOf(kind, schemas) }] as const
  })
  return Object.fromEntries(named)
}

function nameIn({ $ref = '' }: Schema): string {
  return $ref.split('/').at(-1) ?? ''
}

/** A schema’s own example; else one put together of its parts’; undefined where those do not say. */
function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  if ('example' in schema) return schema.example
  const inner = (part: Schema) => exampleOf(part, schemas)
  if (schema.$ref !== undefined) return inner(schemas[nameIn(schema)] ?? {})
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first) return inner(first)
  if (schema.allOf) return mergeAll(schema.allOf.map(inner))
  if (schema['default'] !== undefined) return schema['default']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const types = [schema.type].flat()
  if (types.includes('null')) return null
  if (schema.properties) return mapMembers(schema, inner)
  if (schema.items) return [inner(schema.items)]
  return { integer: schema['minimum'] ?? 0, boolean: false, object: {} }[String(types[0])]
}

/** What may be left out is, unless it has something to show of itself. */
function mapMembers({ properties = {}, required = [] }: Schema, inner: (part: Schema) => unknown) {
  const shown = Object.entries(properties).filter(
    ([name, part]) => required.includes(name) || 'example' in part || 'default' in part,
  )
  const members = shown.map(([name, part]) => [name, inner(part)] as const)
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}

/** One part is named, and others say more about it: what is no object is the first of them that says something. */
function mergeAll(parts: unknown[]): unknown {
  const said = parts.filter((part) => part !== undefined)
  const areObjects = said.every((part) => typeof part === 'object' && !Array.isArray(part))
  return areObjects ? Object.assign({}, ...said) : said[0]
}
