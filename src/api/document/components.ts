// The schemas that have a name: found in the routes, and registered before anything refers to them.
import { zodToOpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import { z } from 'zod'
import type { Router } from '../http/router.ts'

type Registry = Router['openAPIRegistry']

/**
 * Registers each by itself. Else the library would take a component to be what is first met of it, which may
 * be what is nullable there, or described for that place.
 */
export function registerNamed(registry: Registry, others: z.ZodType[]): void {
  const routes = registry.definitions.flatMap((one) => (one.type === 'route' ? [one.route] : []))
  const named = new Map<string, z.ZodType>()
  for (const schema of [...others, ...routes.flatMap(schemasOf)]) collect(schema, named)
  for (const [name, schema] of named) registry.register(name, schema)
}

function schemasOf({ request, responses }: RouteConfig): z.ZodType[] {
  const contents = [request?.body?.content, ...Object.values(responses).map(contentOf)]
  const bodies = contents.flatMap((content) => Object.values(content ?? {}))
  const all: unknown[] = [request?.query, ...bodies.map(({ schema }) => schema)]
  return all.filter(isSchema)
}

/** Whether it is a schema of zod's, and no piece of OpenAPI. */
function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.ZodType
}

function contentOf(response: unknown): Record<string, { schema?: unknown }> {
  // A route's answers are its own, and none is a reference.
  return (response as { content?: Record<string, { schema?: unknown }> }).content ?? {}
}

function collect(schema: z.ZodType, named: Map<string, z.ZodType>): void {
  const wrapped = innerOf(schema)
  if (wrapped) return collect(wrapped, named)
  const name = zodToOpenAPIRegistry.get(schema)?.['_internal']?.refId
  if (name !== undefined && named.has(name)) return
  // Parts first: they are met when the whole is registered.
  for (const part of partsOf(schema)) collect(part, named)
  if (name !== undefined) named.set(name, schema)
}

/** What a schema is a way to leave out, or to be null, of. */
function innerOf(schema: z.ZodType): z.ZodType | undefined {
  const isWrapper = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
  const inner = isWrapper ? schema.unwrap() : undefined
  return isSchema(inner) ? inner : undefined
}

function partsOf(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodObject) return Object.values(schema.shape).filter(isSchema)
  if (schema instanceof z.ZodArray) return [schema.element].filter(isSchema)
  if (schema instanceof z.ZodUnion) return schema.options.filter(isSchema)
  return []
}
