// The parts of a text that is known to be JSON: where its values are, each as it was sent.

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

/** A value inside another: its name or index, its text as it was sent, and how deep it is nested. */
export type Inside = { step: string | number; text: string; depth: number }

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

/** What a value is by its first character: a word is a number, `true`, `false` or `null`. */
export function kindAt(text: string, at: number): 'object' | 'list' | 'string' | 'word' {
  const code = text.charCodeAt(at)
  if (code === OPEN_BRACE) return 'object'
  if (code === OPEN_BRACKET) return 'list'
  return code === QUOTE ? 'string' : 'word'
}

/**
 * Goes through the values inside the container that starts at `start`; `findEnd` answers where each
 * ends. Answers where the container ends.
 */
export function eachInside(
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
export function measure(text: string, start: number): { end: number; depth: number } {
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

/** What a string literal stands for. */
export function readString(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
}

/** Past white space, commas and colons: in JSON they only stand between tokens. */
export function skipBetween(text: string, start: number): number {
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
