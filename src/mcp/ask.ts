// Asking the API, and telling an agent what it answered.
import type { CallToolResult } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { Problem } from '../api/http/problem.ts'

/** What the API answered: what was asked for, or an error as it documents it. */
export type Answer = { isDone: boolean; value: unknown }

/** Asks the API in the name of a caller; `path` may have a query. */
export type Ask = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  options?: { body?: object; idempotencyKey?: string | undefined },
) => Promise<Answer>

/** What only looks. */
export const LOOKS = { readOnlyHint: true, openWorldHint: false }

/** What acts, and undoes nothing. */
export const ACTS = { readOnlyHint: false, destructiveHint: false, openWorldHint: true }

/** The answer as a tool's result: a sentence about what the schema reads in it, and its JSON; or the API's error. */
export function toResult<Schema extends z.ZodType>(
  answer: Answer,
  schema: Schema,
  describe: (value: z.infer<Schema>) => string,
): CallToolResult {
  if (!answer.isDone) return toError(answer)
  return told(describe(schema.parse(answer.value)), answer.value)
}

/** A sentence, and what it is about. */
export function told(sentence: string, value: unknown): CallToolResult {
  const texts = [sentence, JSON.stringify(value)]
  return { content: texts.map((text) => ({ type: 'text', text })) }
}

/** A refusal of the API in words that an agent can act on. */
export function toError({ value }: Answer): CallToolResult {
  const { error, code, issues = [] } = Problem.parse(value)
  const lines = [`${error} (${code})`, ...issues.map(({ path, message }) => `${path}: ${message}`)]
  return { isError: true, content: [{ type: 'text', text: lines.join('\n') }] }
}

/** Whether there is no such thing; any other refusal says nothing about that. */
export function isNotFound({ isDone, value }: Answer): boolean {
  return !isDone && Problem.parse(value).code === 'not_found'
}

/** A path with those members in its query that were given. */
export function withQuery(path: string, members: Record<string, unknown>): string {
  const given = Object.entries(members).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return given.length === 0 ? path : `${path}?${query.toString()}`
}

/** The id of what a tool is about. It becomes a segment of a path, which `..` would leave. */
export const IdInput = z.guid('must be a UUID, such as the lists of other tools have')
