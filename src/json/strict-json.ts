// Reads a JSON body: as RFC 8259 has it, strictly where it is ours, untouched where it is passed on.
import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser'
import { AppError } from '../errors.ts'
import { eachInside, kindAt, measure, readString, skipBetween } from './json-parts.ts'

/** Containers inside containers, in what is ours; RFC 8259, section 9 leaves the limit to us. */
const MAX_DEPTH = 64
/** Levels down to which a mistake in the grammar is looked for. */
const MAX_DEPTH_TO_EXPLAIN = 1000
const BYTE_ORDER_MARK = '\uFEFF'

type Path = readonly (string | number)[]

/** A body: its value, as JSON.parse makes it, and its text as it was sent. */
export type JsonText = { value: unknown; text: string }

/** A body that is refused: a sentence that says what to do, and the path of the place. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError'
  /** Member names and array indices from the top; empty for the body as a whole. */
  readonly path: (string | number)[]

  constructor(message: string, path: Path) {
    super(message)
    this.path = [...path]
  }
}

/** @throws AppError `invalid_json` where reading throws a StrictJsonError. */
export function strictly<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    const { message, path } = error
    throw new AppError('invalid_json', { message, issues: [{ path: path.join('.'), message }] })
  }
}

/**
 * Reads UTF-8 bytes as RFC 8259 JSON in linear time, however deep it is nested. Members with names such
 * as `__proto__` are own properties of the value like any other. Refusals call it the `thing`.
 * @throws StrictJsonError on no bytes, other encodings, a byte order mark, other grammar.
 */
export function readJson(bytes: Uint8Array, thing = 'body'): JsonText {
  const text = decode(bytes, thing)
  return { value: parse(text, thing), text }
}

/**
 * Refuses what the grammar allows and two readers may yet read differently. The text is known to be
 * JSON, which makes short cuts safe; what the member `untouched` at its top holds is not looked into.
 * @throws StrictJsonError on more than 64 levels, a member that appears twice, a lone surrogate or
 * U+0000 in a string or name.
 */
export function refuseFlaws(text: string, untouched?: string): void {
  const path: (string | number)[] = []
  checkValue(skipBetween(text, 0))

  function checkValue(at: number): number {
    const kind = kindAt(text, at)
    if (kind === 'word') return measure(text, at).end
    if (kind === 'string') return checkString(text, at, path)
    if (path.length >= MAX_DEPTH) throw tooDeep('body', MAX_DEPTH, path)
    const names = kind === 'object' ? new Set<string | number>() : undefined
    return eachInside(text, at, (step, valueAt) => {
      if (names) checkName(step, names, path)
      if (step === untouched && path.length === 0) return measure(text, valueAt).end
      path.push(step)
      const end = checkValue(valueAt)
      path.pop()
      return end
    })
  }
}

/** The refusal of too many containers inside containers. */
export function tooDeep(thing: string, levels: number, path: Path): StrictJsonError {
  return new StrictJsonError(
    `The ${thing} is nested too deeply: use ${levels} levels at most.`,
    path,
  )
}

function decode(bytes: Uint8Array, thing: string): string {
  if (bytes.length === 0) throw new StrictJsonError(`The ${thing} is empty: send JSON.`, [])
  const text = decodeUtf8(bytes, thing)
  if (text.startsWith(BYTE_ORDER_MARK)) {
    const message = `The ${thing} starts with a byte order mark: send it without one.`
    throw new StrictJsonError(message, [])
  }
  return text
}

function decodeUtf8(bytes: Uint8Array, thing: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new StrictJsonError(`The ${thing} is not UTF-8: encode it as UTF-8.`, [])
  }
}

/** JSON.parse is the judge of the grammar: it keeps no call stack, so that no depth overflows it. */
function parse(text: string, thing: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuseGrammar(text, thing)
  }
}

/** Throws at the first error; JSON.parse's own message does not always tell the place. */
function refuseGrammar(text: string, thing: string): never {
  const visitor: JSONVisitor = {
    onObjectBegin: (_offset, _length, _line, _column, findPath) => limitDepth(findPath()),
    onArrayBegin: (_offset, _length, _line, _column, findPath) => limitDepth(findPath()),
    onError(code, _offset, _length, line, column) {
      const problem = printParseErrorCode(code)
        .replaceAll(/\B[A-Z]/g, ' $&')
        .toLowerCase()
      const place = `line ${line + 1}, column ${column + 1}`
      throw new StrictJsonError(`The ${thing} is not JSON: ${problem} at ${place}.`, [])
    },
  }
  visit(text, visitor, { disallowComments: true })
  throw new StrictJsonError(`The ${thing} is not JSON.`, [])
}

/** jsonc-parser recurses: the limit keeps it from overflowing. */
function limitDepth(path: Path): void {
  if (path.length >= MAX_DEPTH_TO_EXPLAIN) throw tooDeep('body', MAX_DEPTH_TO_EXPLAIN, [])
}

function checkName(name: string | number, names: Set<string | number>, path: Path): void {
  checkText(String(name), path)
  if (names.has(name)) {
    throw new StrictJsonError('The member appears twice: send it once.', [...path, name])
  }
  names.add(name)
}

/** The index after the closing quote. */
function checkString(text: string, start: number, path: Path): number {
  const { end } = measure(text, start)
  checkText(readString(text.slice(start, end)), path)
  return end
}

/** Only escapes can spell what fatal decoding refuses. */
function checkText(text: string, path: Path): void {
  if (text.includes('\0')) {
    throw new StrictJsonError('The text contains U+0000: leave it out.', path)
  }
  if (!text.isWellFormed()) {
    const message = 'The text contains half of a surrogate pair: send the whole character.'
    throw new StrictJsonError(message, path)
  }
}
