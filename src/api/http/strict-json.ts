// Reads a JSON body: as RFC 8259 has it, strictly where it is ours, untouched where it is passed on.

import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser'

/** Containers inside containers, in what is ours; RFC 8259, section 9 leaves the limit to us. */
const MAX_DEPTH = 64
/** Levels down to which a mistake in the grammar is looked for. */
const MAX_DEPTH_TO_EXPLAIN = 1000
const BYTE_ORDER_MARK = '\uFEFF'

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

type Path = readonly (string | number)[]

/** A body: its value, as JSON.parse makes it, and its text as it was sent. */
export type JsonText = { value: unknown; text: string }

/** A value inside another: its name or index, its text as it was sent, and how deep it is nested. */
export type Inside = { step: string | number; text: string; depth: number }

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

/**
 * Reads UTF-8 bytes as RFC 8259 JSON in linear time, however deep it is nested. Members with names such
 * as `__proto__` are own properties of the value like any other.
 * @throws StrictJsonError on no bytes, other encodings, a byte order mark, other grammar.
 */
export function readJson(bytes: Uint8Array): JsonText {
  const text = decode(bytes)
  return { value: parse(text), text }
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
    const code = text.charCodeAt(at)
    if (code === QUOTE) return checkString(text, at, path)
    if (!isOpening(code)) return findWordEnd(text, at)
    if (path.length >= MAX_DEPTH) throw tooDeep('body', MAX_DEPTH, path)
    const names = code === OPEN_BRACE ? new Set<string | number>() : undefined
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

/** The values inside a list or an object, in the order sent; none inside anything else. */
export function listInside(text: string): Inside[] {
  const start = skipBetween(text, 0)
  const inside: Inside[] = []
  if (!isOpening(text.charCodeAt(start))) return inside
  eachInside(text, start, (step, at) => {
    const { end, depth } = measure(text, at)
    inside.push({ step, text: text.slice(at, end), depth })
    return end
  })
  return inside
}

/** The refusal of too many containers inside containers. */
export function tooDeep(thing: string, levels: number, path: Path): StrictJsonError {
  return new StrictJsonError(
    `The ${thing} is nested too deeply: use ${levels} levels at most.`,
    path,
  )
}

/** The text on one line: white space between tokens is gone, all else is as it was sent (P3). */
export function compact(json: string): string {
  let compacted = ''
  let copiedTo = 0
  for (let at = 0; at < json.length; at += 1) {
    if (json.charCodeAt(at) === QUOTE) at = findStringEnd(json, at) - 1
    if (!isWhiteSpace(json.charCodeAt(at))) continue
    compacted += json.slice(copiedTo, at)
    copiedTo = at + 1
  }
  return compacted + json.slice(copiedTo)
}

function decode(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new StrictJsonError('The body is empty: send JSON.', [])
  const text = decodeUtf8(bytes)
  if (text.startsWith(BYTE_ORDER_MARK)) {
    throw new StrictJsonError('The body starts with a byte order mark: send it without one.', [])
  }
  return text
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new StrictJsonError('The body is not UTF-8: encode it as UTF-8.', [])
  }
}

/** JSON.parse is the judge of the grammar: it keeps no call stack, so that no depth overflows it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuseGrammar(text)
  }
}

/** Throws at the first error; JSON.parse's own message does not always tell the place. */
function refuseGrammar(text: string): never {
  const visitor: JSONVisitor = {
    onObjectBegin: (_offset, _length, _line, _column, findPath) => limitDepth(findPath()),
    onArrayBegin: (_offset, _length, _line, _column, findPath) => limitDepth(findPath()),
    onError(code, _offset, _length, line, column) {
      const problem = printParseErrorCode(code)
        .replaceAll(/\B[A-Z]/g, ' $&')
        .toLowerCase()
      const place = `line ${line + 1}, column ${column + 1}`
      throw new StrictJsonError(`The body is not JSON: ${problem} at ${place}.`, [])
    },
  }
  visit(text, visitor, { disallowComments: true })
  throw new StrictJsonError('The body is not JSON.', [])
}

/** jsonc-parser recurses: the limit keeps it from overflowing. */
function limitDepth(path: Path): void {
  if (path.length >= MAX_DEPTH_TO_EXPLAIN) throw tooDeep('body', MAX_DEPTH_TO_EXPLAIN, [])
}

/**
 * Goes through the values inside the container that starts at `start`; `findEnd` answers where each
 * ends. Answers where the container ends.
 */
function eachInside(
  text: string,
  start: number,
  findEnd: (step: string | number, at: number) => number,
): number {
  const isObject = text.charCodeAt(start) === OPEN_BRACE
  let at = skipBetween(text, start + 1)
  for (let index = 0; !isClosing(text.charCodeAt(at)); index += 1) {
    const nameEnd = isObject ? findStringEnd(text, at) : at
    const step = isObject ? readString(text.slice(at, nameEnd)) : index
    at = skipBetween(text, findEnd(step, skipBetween(text, nameEnd)))
  }
  return at + 1
}

/** Where a value ends, and how many containers it has inside each other, itself included. */
function measure(text: string, start: number): { end: number; depth: number } {
  let at = start
  let open = 0
  let depth = 0
  do {
    const code = text.charCodeAt(at)
    if (isOpening(code)) {
      open += 1
      depth = Math.max(depth, open)
      at += 1
    } else if (isClosing(code)) {
      open -= 1
      at += 1
    } else if (isBetween(code)) at = skipBetween(text, at)
    else at = code === QUOTE ? findStringEnd(text, at) : findWordEnd(text, at)
  } while (open > 0)
  return { end: at, depth }
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
  const end = findStringEnd(text, start)
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

/** What a string literal stands for. */
function readString(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
}

/** Past white space, commas and colons: in JSON they only stand between tokens. */
function skipBetween(text: string, start: number): number {
  let at = start
  while (isBetween(text.charCodeAt(at))) at += 1
  return at
}

/** The index after the closing quote. */
function findStringEnd(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

/** The index after a number, `true`, `false` or `null`. */
function findWordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && !isBetween(text.charCodeAt(at)) && !isClosing(text.charCodeAt(at))) {
    at += 1
  }
  return at
}

function isBetween(code: number): boolean {
  return code === COMMA || code === COLON || isWhiteSpace(code)
}

function isWhiteSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB
}

function isOpening(code: number): boolean {
  return code === OPEN_BRACE || code === OPEN_BRACKET
}

function isClosing(code: number): boolean {
  return code === CLOSE_BRACE || code === CLOSE_BRACKET
}
