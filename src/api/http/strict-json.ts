// Reads a JSON body strictly, and remembers the text of every value as it was sent.

import { type JSONVisitor, printParseErrorCode, visit } from 'jsonc-parser'

/** Containers inside containers; RFC 8259, section 9 leaves the limit to us. */
const MAX_DEPTH = 64
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

/** A body: its value, as JSON.parse makes it, and its text. */
export type StrictJson = {
  value: unknown
  /**
   * The text of the value at a path, on one line: white space between tokens is gone, all else
   * (numbers, escapes, the order of members) is as it was sent. `undefined` where nothing is.
   */
  textAt: (path: Path) => string | undefined
}

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

/** Where one value's text stands, and the values inside it in the order sent. */
type Span = {
  name: string | number
  start: number
  end: number
  isObject: boolean
  inside: Span[]
}

const NOTHING: never[] = []

/**
 * Parses UTF-8 bytes as RFC 8259 JSON in linear time. Members with names such as `__proto__` are
 * own properties of the value like any other.
 *
 * @throws StrictJsonError on no bytes, other encodings, a byte order mark, other grammar, more than
 * 64 levels, a member that appears twice, a lone surrogate or U+0000 in a string or name.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  const text = decode(bytes)
  const value = parse(text)
  const body = indexSpans(text)
  return {
    value,
    textAt(path) {
      const span = path.reduce<Span | undefined>(findInside, body)
      return span && compact(text.slice(span.start, span.end))
    },
  }
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
    // jsonc-parser recurses: the limit keeps it from overflowing.
    onObjectBegin: (_offset, _length, _line, _column, findPath) =>
      limitDepth(findPath().length + 1, findPath),
    onArrayBegin: (_offset, _length, _line, _column, findPath) =>
      limitDepth(findPath().length + 1, findPath),
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

function limitDepth(depth: number, findPath: () => Path): void {
  if (depth <= MAX_DEPTH) return
  throw new StrictJsonError(
    `The body is nested too deeply: use ${MAX_DEPTH} levels at most.`,
    findPath(),
  )
}

/** Finds every value of a text that is known to be JSON; only that makes its short cuts safe. */
function indexSpans(text: string): Span {
  const document = { name: '', start: 0, end: text.length, isObject: false, inside: [] }
  // From the whole text inwards, the containers that stand open.
  const open: Span[] = [document]
  let container: Span = document
  for (let at = skipBetween(text, 0); at < text.length; at = skipBetween(text, at)) {
    if (isClosing(text.charCodeAt(at))) {
      at += 1
      container.end = at
      if (container.isObject) refuseDuplicates(container.inside, open)
      open.pop()
    } else {
      const nameEnd = container.isObject ? findStringEnd(text, at) : at
      const name = container.isObject
        ? readString(text.slice(at, nameEnd), open)
        : container.inside.length
      const span = readSpan(text, skipBetween(text, nameEnd), name, open)
      container.inside.push(span)
      at = span.end
    }
    container = open.at(-1) ?? document
  }
  return container.inside[0] ?? document
}

/** Past white space, commas and colons: in JSON they only stand between tokens. */
function skipBetween(text: string, start: number): number {
  let at = start
  while (isBetween(text.charCodeAt(at))) at += 1
  return at
}

function isBetween(code: number): boolean {
  return code === COMMA || code === COLON || isWhiteSpace(code)
}

function isWhiteSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB
}

function isClosing(code: number): boolean {
  return code === CLOSE_BRACE || code === CLOSE_BRACKET
}

function refuseDuplicates(members: readonly Span[], open: readonly Span[]): void {
  const names = new Set<string | number>()
  for (const { name } of members) {
    if (names.has(name)) {
      throw new StrictJsonError('The member appears twice: send it once.', pathTo(open, name))
    }
    names.add(name)
  }
}

/** The path of something inside the innermost open container, or without a name of that itself. */
function pathTo(open: readonly Span[], ...name: Path): Path {
  // The whole text and its one value, the first two, are no steps of a path.
  return [...open.map((span) => span.name), ...name].slice(2)
}

/** The index after the closing quote. */
function findStringEnd(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

/** What a string literal stands for. Only escapes can spell what fatal decoding refuses. */
function readString(literal: string, open: readonly Span[], ...name: Path): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  const decoded = String(JSON.parse(literal))
  if (decoded.includes('\0')) {
    throw new StrictJsonError('The text contains U+0000: leave it out.', pathTo(open, ...name))
  }
  if (!decoded.isWellFormed()) {
    const message = 'The text contains half of a surrogate pair: send the whole character.'
    throw new StrictJsonError(message, pathTo(open, ...name))
  }
  return decoded
}

/** A container's span ends after its opening bracket for now, and is the innermost open one. */
function readSpan(text: string, start: number, name: string | number, open: Span[]): Span {
  const code = text.charCodeAt(start)
  if (code === OPEN_BRACE || code === OPEN_BRACKET) {
    const span = { name, start, end: start + 1, isObject: code === OPEN_BRACE, inside: [] }
    open.push(span)
    limitDepth(open.length - 1, () => pathTo(open))
    return span
  }
  const end = code === QUOTE ? findStringEnd(text, start) : findWordEnd(text, start)
  if (code === QUOTE) readString(text.slice(start, end), open, name)
  return { name, start, end, isObject: false, inside: NOTHING }
}

/** The index after a number, `true`, `false` or `null`. */
function findWordEnd(text: string, start: number): number {
  let at = start
  while (at < text.length && !isBetween(text.charCodeAt(at)) && !isClosing(text.charCodeAt(at))) {
    at += 1
  }
  return at
}

function findInside(span: Span | undefined, step: string | number): Span | undefined {
  if (typeof step === 'string') return span?.inside.find(({ name }) => name === step)
  return span?.isObject ? undefined : span?.inside[step]
}

function compact(json: string): string {
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
