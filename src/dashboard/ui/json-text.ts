// JSON text made readable without changing a single token of it.
import { applyEdits, format } from 'jsonc-parser'

/** Longer texts, in characters, are shown as they are: laying them out would take too long. */
const MAX_PRETTY = 64 * 1024

/** Nor are texts that would come to more: what is nested 500 levels deep is nearly all indentation. */
const MAX_LAID_OUT = 256 * 1024

/** Why a text is shown as it is, in words that follow "not laid out: "; undefined when it is laid out. */
export function findUnlaid(json: string): string | undefined {
  if (json.length > MAX_PRETTY) return 'it is longer than 64 KB'
  if (measureLayout(json) > MAX_LAID_OUT)
    return 'nested so deep, it would be nearly all indentation'
  return undefined
}

/** The text with line breaks and indentation; numbers, escapes and member order as they were. */
export function prettify(json: string): string {
  if (findUnlaid(json) !== undefined) return json
  const edits = format(json, undefined, { insertSpaces: true, tabSize: 2, eol: '\n' })
  return applyEdits(json, edits)
}

/** Characters of the text once it is laid out: brackets and commas break the line, each at its depth. */
function measureLayout(json: string): number {
  let length = json.length
  let depth = 0
  for (const [sign] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[[\]{},]/g)) {
    if (sign === '[' || sign === '{') depth += 1
    if (sign === ']' || sign === '}') depth -= 1
    if (sign.length === 1) length += 1 + 2 * depth
  }
  return length
}

/** A piece of JSON text and what it is; pieces without a kind are punctuation and white space. */
export type JsonPiece = { kind: 'key' | 'string' | 'number' | 'word' | undefined; text: string }

/** Longer texts, in characters, are not coloured. */
const MAX_COLOURED = 24 * 1024

/** A string, a number or a word; a string before a colon is a key. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null/g

/** Cuts JSON text into pieces to colour; put together again they are the text. */
export function tokenize(json: string): JsonPiece[] {
  if (json.length > MAX_COLOURED) return [{ kind: undefined, text: json }]
  const pieces: JsonPiece[] = []
  let end = 0
  for (const match of json.matchAll(TOKEN)) {
    const [whole, string, colon = ''] = match
    const text = string ?? whole
    pieces.push({ kind: undefined, text: json.slice(end, match.index) })
    pieces.push({ kind: string === undefined ? kindOf(text) : colon ? 'key' : 'string', text })
    end = match.index + text.length
  }
  return [...pieces, { kind: undefined, text: json.slice(end) }]
}

function kindOf(text: string): JsonPiece['kind'] {
  return /^[a-z]/.test(text) ? 'word' : 'number'
}
