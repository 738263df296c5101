// What an endpoint's filter may be, and where one that is none is wrong.
import { z } from 'zod'

/**
 * What a filter has at most: conditions, each of which is judged for each event; `all`, `any` and `not` inside each other;
 * names of a path; characters of a text; values of a list; bytes as it is stored, since a hundred endpoints' go along
 * with an event.
 */
export const LIMITS = { conditions: 20, depth: 4, steps: 8, text: 200, values: 100, bytes: 8192 }

/** Members of a call that are published as text or numbers: nothing is inside of them. */
export const PLAIN_MEMBERS: readonly string[] = [
  'id',
  'status',
  'direction',
  'to_number',
  'from_number',
  'prompt',
  'language',
  'result_status',
  'result_error',
  'error_code',
  'error_message',
  'hangup_cause',
  'duration_seconds',
  'billed_duration_seconds',
  'billing_amount_milli_cents',
  'reservation_status',
  'webhook_url',
  'webhook_status',
  'webhook_error',
  'created_at',
  'started_at',
  'answered_at',
  'ended_at',
  'updated_at',
]

/** What joins filters. */
export const JOINS = ['all', 'any', 'not'] as const

const text = z.string().max(LIMITS.text).refine(isPlain)
const scalar = z.union([text, z.number(), z.boolean(), z.null()])
const SCALAR_HINT = `text of at most ${LIMITS.text} characters, a number, true, false or null`
const NUMBER_HINT = 'must be a number'

/** The operators, and what each compares with. */
const OPERANDS = {
  equals: { schema: scalar, hint: `must be ${SCALAR_HINT}` },
  in: {
    schema: z.array(scalar).min(1).max(LIMITS.values),
    hint: `must be a list of 1 to ${LIMITS.values} values, each ${SCALAR_HINT}`,
  },
  exists: { schema: z.boolean(), hint: 'must be true or false' },
  prefix: { schema: text.min(1), hint: `must be text of 1 to ${LIMITS.text} characters` },
  gt: { schema: z.number(), hint: NUMBER_HINT },
  gte: { schema: z.number(), hint: NUMBER_HINT },
  lt: { schema: z.number(), hint: NUMBER_HINT },
  lte: { schema: z.number(), hint: NUMBER_HINT },
} as const

/** How a condition compares. */
export type Operator = keyof typeof OPERANDS

/** Every operator there is. */
// The table's own keys.
export const OPERATORS = Object.keys(OPERANDS) as Operator[]

const NODE_HINT =
  'must be an object: a condition such as {"path": "direction", "equals": "outbound"}, or "all", "any" or "not" of such'
const PATH_HINT = `must be names of members of the call with dots between them, at most ${LIMITS.steps}, or a list of them`

/** A place in a filter, and what is wrong there, as a sentence without its subject. */
type Flaw = { path: (string | number)[]; message: string }

/** What of a value is wrong as a filter; nothing: it is one. */
export function findFlaws(value: unknown): Flaw[] {
  const flaws = [...flawsOf(value, [], 0)]
  if (flaws.length > 0) return flaws
  if (countConditions(value) <= LIMITS.conditions) return []
  return [{ path: [], message: `must have at most ${LIMITS.conditions} conditions` }]
}

/** The names of a path, outermost first. */
export function stepsOf(path: unknown): string[] {
  if (typeof path === 'string') return path.split('.')
  return Array.isArray(path) ? path.map(String) : []
}

function* flawsOf(value: unknown, path: Flaw['path'], depth: number): Generator<Flaw> {
  if (!isObject(value)) {
    yield { path, message: NODE_HINT }
    return
  }
  const names = Object.keys(value)
  const join = JOINS.find((name) => names.includes(name))
  if (join === undefined) yield* flawsOfCondition(value, path)
  else if (names.length > 1)
    yield {
      path: [...path, join],
      message: 'must stand alone: join with "all" what is to hold, too',
    }
  else if (depth >= LIMITS.depth)
    yield {
      path,
      message: `is nested too deeply: at most ${LIMITS.depth} of "all", "any" and "not"`,
    }
  else yield* flawsOfJoin(join, value[join], [...path, join], depth + 1)
}

function* flawsOfJoin(
  join: (typeof JOINS)[number],
  value: unknown,
  path: Flaw['path'],
  depth: number,
): Generator<Flaw> {
  if (join === 'not') yield* flawsOf(value, path, depth)
  else if (!Array.isArray(value) || value.length === 0)
    yield { path, message: 'must be a list of at least one condition' }
  else for (const [place, one] of value.entries()) yield* flawsOf(one, [...path, place], depth)
}

function* flawsOfCondition(
  condition: Record<string, unknown>,
  path: Flaw['path'],
): Generator<Flaw> {
  const { path: where, ...operators } = condition
  if (where === undefined) yield { path: [...path, 'path'], message: `is missing: it ${PATH_HINT}` }
  else {
    const message = findPathFlaw(where)
    if (message !== undefined) yield { path: [...path, 'path'], message }
  }
  const names = Object.keys(operators)
  const unknown = names.filter((name) => !isOperator(name))
  for (const name of unknown)
    yield { path: [...path, name], message: `is no operator: use one of ${OPERATORS.join(', ')}` }
  if (unknown.length > 0) return
  if (names.length !== 1)
    yield { path, message: `must have one operator beside its path: ${OPERATORS.join(', ')}` }
  for (const name of names.filter(isOperator)) {
    const { schema, hint } = OPERANDS[name]
    if (!schema.safeParse(operators[name]).success) yield { path: [...path, name], message: hint }
  }
}

function findPathFlaw(path: unknown): string | undefined {
  const steps = stepsOf(path)
  const isRight =
    steps.length >= 1 &&
    steps.length <= LIMITS.steps &&
    steps.every((step) => step !== '' && step.length <= LIMITS.text && isPlain(step)) &&
    (typeof path === 'string' ||
      (Array.isArray(path) && path.every((one) => typeof one === 'string')))
  if (!isRight) return PATH_HINT
  const [first = '', ...rest] = steps
  if (rest.length === 0 || !PLAIN_MEMBERS.includes(first)) return undefined
  return `leads into "${first}", in which there are no members: end it there`
}

function countConditions(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countConditions(one), 0)
  if (!isObject(value)) return 0
  const join = JOINS.find((name) => name in value)
  return join === undefined ? 1 : countConditions(value[join])
}

function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERANDS, name)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !value.includes('\u0000')
}
