// What a body may have been before something between the network and `verify` wrote it anew.
import { encode, fromBase64, fromLatin1 } from './bytes.ts'
import type { RefusalReason } from './refusal.ts'

/** A body as it may have been, and what it says of what happened to it. */
export type Original = { body: Uint8Array; reason: RefusalReason; detail: string }

/** The tokens of JSON: texts, the space between tokens, all else. On valid JSON it is linear. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|\s+|[^"\s]+/g

/**
 * Each body that may have become `text`, most likely first. It takes time in proportion to the text, whatever
 * it is: anybody can send one.
 */
export function listOriginals(text: string): Original[] {
  return [...listRewritten(text), ...listRecoded(text)]
}

/** Webhooks are sent without space between tokens; numbers and the order of members stay as they are. */
function listRewritten(text: string): Original[] {
  const parsed = parse(text)
  if (parsed === undefined) return []
  const reason = 'body_reserialized'
  if (typeof parsed === 'string') {
    return [{ body: encode(parsed), reason, detail: 'It is JSON inside a JSON string.' }]
  }
  const detail = 'The signature fits the same JSON, written as it was sent.'
  return listStyles(text).map((one) => ({ body: encode(one), reason, detail }))
}

/** As writers of JSON escape what need not be escaped: as it is; JavaScript and Go; Python and Ruby; PHP. */
function listStyles(text: string): string[] {
  const tokens = (text.match(TOKENS) ?? []).map((token) =>
    token[0] === '"' ? token : token.trim(),
  )
  const canonical = tokens.map(toCanonical).join('')
  const ascii = toAscii(canonical)
  // Outside its texts valid JSON has no slash, and nothing that is not ASCII.
  const styles = [tokens.join(''), canonical, ascii, escapeSlashes(canonical), escapeSlashes(ascii)]
  return [...new Set(styles)]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A text without an escape is as JavaScript writes it. */
function toCanonical(token: string): string {
  return token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token
}

function toAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => {
    return String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function escapeSlashes(text: string): string {
  return text.replaceAll('/', String.raw`\/`)
}

function listRecoded(text: string): Original[] {
  const reason = 'body_recoded'
  // Without the space first: a pattern that may pass over space anywhere takes its length squared.
  const base64 = text.replace(/\s+/g, '')
  const decoded = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? fromBase64(base64) : undefined
  const isLatin1 = /^[\0-\u00ff]*$/.test(text) && /[\u0080-\u00ff]/.test(text)
  return [
    ...(decoded
      ? [{ body: decoded, reason, detail: 'It is base64: decode it first.' } as const]
      : []),
    ...(isLatin1
      ? [
          {
            body: fromLatin1(text),
            reason,
            detail: 'It was read as Latin-1: it is UTF-8.',
          } as const,
        ]
      : []),
  ]
}
