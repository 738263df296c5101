// The parts of an OpenAPI document that are looked at while it is made; the others pass through.

/** What stands where a component is meant. */
export type Reference = { $ref: string }

/** A JSON Schema. */
export type Schema = {
  [keyword: string]: unknown
  $ref?: string
  example?: unknown
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

/** A body of one media type. */
export type MediaType = { schema?: Schema; example?: unknown; examples?: Record<string, unknown> }

/** Bodies by media type. */
export type Content = Record<string, MediaType>

/** A parameter in a path, a query or a header. */
export type Parameter = {
  name: string
  in: string
  description?: string
  required?: boolean
  schema?: Schema
  example?: unknown
}

/** An answer; `x-codes` are the errors that the route names as its own. */
export type Answer = {
  description: string
  headers?: Record<string, unknown>
  content?: Content
  'x-codes'?: string[]
}

/** What can be asked of one path by one method. */
export type Operation = {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, Answer | Reference>
}

/** Operations by method. */
export type PathItem = Record<string, Operation>

/** A whole document. */
export type OpenApi = {
  [member: string]: unknown
  paths: Record<string, PathItem>
  webhooks?: Record<string, PathItem>
  components: { schemas: Record<string, Schema>; [kind: string]: unknown }
}

/** Where a component stands, as others refer to it. */
export function referTo(kind: 'headers' | 'responses' | 'schemas', name: string): Reference {
  return { $ref: `#/components/${kind}/${name}` }
}

/** Words with dots or underscores between them as one in capitals: `not_found` is `NotFound`. */
export function toName(words: string): string {
  return words.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
