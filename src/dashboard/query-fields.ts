// What an address may say behind its question mark: which names, each once or often, and what.
import { cutText } from '../errors.ts'
import { readId } from './context.ts'

/** Characters of what makes no sense that are told. */
const MAX_TOLD = 80

/** What a name may say; only one thing, unless `isSeveral`. */
export type Field = { isValid: (value: string) => boolean; hint: string; isSeveral?: true }

/** The names that an address may have. */
export type Fields = Readonly<Record<string, Field>>

/** What somebody has typed: whether it makes sense, its form tells, with the text still in it. */
export const TYPED: Field = { isValid: () => true, hint: '' }

/** An id, in whichever case. */
export const ID: Field = { isValid: (value) => readId(value) !== undefined, hint: 'is no id' }

/** One of some words. */
export function isOneOf(words: readonly string[]): Field {
  return { isValid: (value) => words.includes(value), hint: `is none of ${words.join(', ')}` }
}

/** What a pattern matches; `hint` follows what it does not. */
export function isLike(pattern: RegExp, hint: string): Field {
  return { isValid: (value) => pattern.test(value), hint }
}

/** The same, as often as one likes. */
export function several(field: Field): Field {
  return { ...field, isSeveral: true }
}

/** What of an address makes no sense, in words. A name that says nothing says nothing wrong: an empty field is sent so. */
export function findFaults(params: URLSearchParams, fields: Fields): string[] {
  return [...new Set(params.keys())].flatMap((name) => {
    const given = params.getAll(name).filter((value) => value.trim() !== '')
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!field) return [`“${cutText(name, MAX_TOLD)}” is not known here`]
    if (given.length > 1 && !field.isSeveral)
      return [`${name} is given ${given.length} times, and can be one thing only`]
    const wrong = given.filter((value) => !field.isValid(value.trim()))
    return wrong.map((value) => `${name} “${cutText(value, MAX_TOLD)}” ${field.hint}`)
  })
}
