// An endpoint's filter: read from its text, and asked whether a call is what the endpoint wants.
import { Big } from 'big.js'
import { JOINS, OPERATORS, stepsOf, type Operator } from './flaws.ts'

// Of the JSON.parse source text access of ES2026, which TypeScript does not know yet.
declare global {
  // It is one with the built-in interface.
  // oxlint-disable-next-line typescript/consistent-type-definitions
  interface JSON {
    rawJSON: (text: string) => object
  }
}

/** A number as it was written: what a double makes of it may be another one. */
class Written {
  readonly digits: string

  constructor(digits: string) {
    this.digits = digits
  }

  toJSON(): object {
    return JSON.rawJSON(this.digits)
  }
}

type Condition = { steps: string[]; operator: Operator; operand: unknown; words: string }

/** A filter, or a part of it; `place` is where it stands, such as `all.0`, empty for the whole. */
export type Filter = { place: string } & (
  | Condition
  | { join: 'all' | 'any'; of: Filter[] }
  | { join: 'not'; of: Filter }
)

/** Characters of what is said of a condition, at most: it is stored with each event that it keeps back. */
const MAX_WORDS = 100

/** Reads a text that has no flaws as a filter. @throws SyntaxError, TypeError on others. */
export function readFilter(text: string): Filter {
  return toFilter(readExactly(text), [])
}

/** The same, or nothing of a text that does not read, such as one of a newer version: then nothing is kept back, or lost. */
export function tryToRead(text: string): Filter | undefined {
  try {
    return readFilter(text)
  } catch {
    return undefined
  }
}

/**
 * Judges a call, its JSON text: undefined when the filter lets it through, else the condition that did not hold, its
 * place and words, such as `all.0: direction equals "outbound"`.
 */
export function findUnmet(filter: Filter, call: unknown): string | undefined {
  if ('operator' in filter) return holds(filter, call) ? undefined : say(filter, filter.words)
  if (filter.join === 'not') {
    return findUnmet(filter.of, call) === undefined
      ? (findHeld(filter.of, call) ?? say(filter, 'must not hold, but does'))
      : undefined
  }
  const unmet = filter.of.map((one) => findUnmet(one, call))
  if (filter.join === 'all') return unmet.find((one) => one !== undefined)
  if (unmet.includes(undefined)) return undefined
  return unmet.length === 1 ? unmet[0] : say(filter, `none of ${unmet.length} held`)
}

/** Of what must not hold, and does, the first condition that does. */
function findHeld(filter: Filter, call: unknown): string | undefined {
  if ('operator' in filter) {
    return holds(filter, call) ? say(filter, `must not hold, but does: ${filter.words}`) : undefined
  }
  if (filter.join === 'not') return undefined
  return filter.of.map((one) => findHeld(one, call)).find((words) => words !== undefined)
}

/**
 * A JSON text's value as `findUnmet` takes a call: of a repeated member the last counts, and numbers are as they were
 * written, also where it is made JSON again.
 */
export function readExactly(text: string): unknown {
  return JSON.parse(text, keepDigits)
}

function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? new Written(context?.source ?? String(value)) : value
}

function say({ place }: Filter, words: string): string {
  const said = place === '' ? words : `${place}: ${words}`
  const characters = Array.from(said)
  return characters.length > MAX_WORDS ? `${characters.slice(0, MAX_WORDS - 1).join('')}…` : said
}

function toFilter(value: unknown, places: (string | number)[]): Filter {
  const place = places.join('.')
  const members = membersOf(value)
  const join = JOINS.find((name) => name in members)
  if (join === undefined) return { place, ...toCondition(members) }
  if (join === 'not') return { place, join, of: toFilter(members[join], [...places, join]) }
  const all = members[join]
  if (!Array.isArray(all)) throw new TypeError(`"${join}" joins a list`)
  return { place, join, of: all.map((one, index) => toFilter(one, [...places, join, index])) }
}

function toCondition({ path, ...members }: Record<string, unknown>): Condition {
  const operator = OPERATORS.find((name) => name in members)
  if (operator === undefined) throw new TypeError('a condition has an operator')
  const steps = stepsOf(path)
  const operand = members[operator]
  return { steps, operator, operand, words: `${steps.join('.')} ${operator} ${write(operand)}` }
}

function write(value: unknown): string {
  if (value instanceof Written) return value.digits
  return Array.isArray(value) ? `[${value.map(write).join(', ')}]` : JSON.stringify(value)
}

function membersOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('a filter is an object')
  return { ...value }
}

/** What a path leads to; nothing, where it leads nowhere. */
type Found = { value: unknown } | undefined

function follow(call: unknown, steps: string[]): Found {
  let found: Found = { value: call }
  for (const step of steps) found = found && inside(found.value, step)
  return found
}

function inside(value: unknown, step: string): Found {
  if (typeof value !== 'object' || value === null || value instanceof Written) return undefined
  if (Array.isArray(value) && !/^\d+$/.test(step)) return undefined
  const own = Object.getOwnPropertyDescriptor(value, step)
  return own && { value: own.value }
}

function holds({ steps, operator, operand }: Condition, call: unknown): boolean {
  const found = follow(call, steps)
  if (operator === 'exists') return (found !== undefined) === operand
  if (!found) return false
  const { value } = found
  if (operator === 'equals') return isSame(value, operand)
  if (operator === 'in') return Array.isArray(operand) && operand.some((one) => isSame(value, one))
  if (operator !== 'prefix') return compares(operator, value, operand)
  return typeof value === 'string' && typeof operand === 'string' && value.startsWith(operand)
}

function isSame(value: unknown, other: unknown): boolean {
  if (value instanceof Written) return other instanceof Written && compare(value, other) === 0
  return (typeof value !== 'object' || value === null) && value === other
}

function compares(operator: 'gt' | 'gte' | 'lt' | 'lte', value: unknown, other: unknown): boolean {
  if (!(value instanceof Written && other instanceof Written)) return false
  const order = compare(value, other)
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[operator]
}

/** By their decimal value: 1.0 is 1, and 9007199254740993 is not 9007199254740992. */
function compare(one: Written, other: Written): number {
  return new Big(one.digits).cmp(other.digits)
}
