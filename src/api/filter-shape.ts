// A filter as JSON: its schema, and its text out of a body.
import type { Context } from 'hono'
import { toStoredFilter } from '../account/filters.ts'
import { EndpointFilter } from '../account/schema.ts'
import { JOINS, LIMITS, OPERATORS, type Operator } from '../filter/flaws.ts'
import { listInside } from '../json/json-parts.ts'
import type { ApiEnv } from './http/context.ts'
import { WITHOUT_NUL } from './http/schema.ts'

const SELF = { $ref: '#/components/schemas/EndpointFilter' }
// Nor do some makers of test data get to an end where there must be one in each.
const LIST = { type: 'array', maxItems: LIMITS.conditions, items: SELF }
const TEXT = { type: 'string', minLength: 1, maxLength: LIMITS.text, pattern: WITHOUT_NUL }
const NUMBER = { type: 'number' }
// Several types at once are more than some makers of clients take: these are said in words.
const SCALAR = {
  description: `Text of at most ${LIMITS.text} characters, a number, true, false or null.`,
}

/** What each operator compares with, as JSON Schema. */
const OPERANDS: Record<Operator, object> = {
  equals: SCALAR,
  in: { type: 'array', minItems: 1, maxItems: LIMITS.values, items: SCALAR },
  exists: { type: 'boolean' },
  prefix: TEXT,
  gt: NUMBER,
  gte: NUMBER,
  lt: NUMBER,
  lte: NUMBER,
}

const PATH = {
  description: `Names of members of the call with dots between them, or a list of them, at most ${LIMITS.steps}; of a list the place.`,
}

/** A filter; zod cannot say a schema that has itself inside. */
const SHAPE: object = {
  type: 'object',
  properties: { all: LIST, any: LIST, not: SELF, path: PATH, ...OPERANDS },
  maxProperties: 2,
  dependentSchemas: {
    path: { minProperties: 2, propertyNames: { enum: ['path', ...OPERATORS] } },
  },
  if: { properties: { path: {} }, required: ['path'] },
  else: { minProperties: 1, maxProperties: 1, propertyNames: { enum: JOINS } },
  description:
    'Which events about calls it gets, of those that it is subscribed to, judged when they are accepted. A condition has a `path` into the call and one operator; what is not there meets `exists: false` alone. ' +
    `Conditions, one at least, are joined by \`all\`, \`any\` and \`not\`, up to ${LIMITS.depth} of them inside each other; at most ${LIMITS.conditions} conditions and ${LIMITS.bytes} bytes. ` +
    'Numbers compare by their exact decimal value; of a repeated member the last counts.',
  example: { all: [{ path: 'metadata.campaign', equals: 'spring' }] },
}

/** A filter as it is sent and answered. */
export const Filter = EndpointFilter.openapi('EndpointFilter', SHAPE)

/** The text of the filter that a body has, as it is stored; null to have none. @throws AppError `invalid_request`. */
export function filterIn(c: Context<ApiEnv>): string | null | undefined {
  const sent = listInside(c.get('json')?.text ?? '').find(({ step }) => step === 'filter')
  return sent && (sent.text === 'null' ? null : toStoredFilter(sent.text))
}
