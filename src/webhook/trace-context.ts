// W3C Trace Context: what of a request's trace goes on with the webhooks that come of it.

/** Version, trace, parent, flags; a later version may have more behind them. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** A member of a tracestate: `key=value`, of which a key may say whose it is. */
const KEY =
  /^(?:[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** What a tracestate may have, and has to be passed on: members, and characters. */
const MOST = { members: 32, characters: 512 }

/** The flags that are known: sampled, and that the id is random. Others are not passed on. */
const KNOWN_FLAGS = 0b11

/**
 * What is kept of a request's headers: `<trace>-<flags>`, and a tracestate behind a space. Undefined without a
 * valid traceparent; a tracestate that is not valid is left out. Source: https://www.w3.org/TR/trace-context-2/
 */
export function readTrace(traceparent: string, tracestate: string): string | undefined {
  const [, version = '', trace = '', parent = '', flags = '', more] =
    TRACEPARENT.exec(traceparent.trim()) ?? []
  const isVersion = version !== '' && version !== 'ff' && (version !== '00' || more === undefined)
  if (!isVersion || isZero(trace) || isZero(parent)) return undefined
  const known = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16).padStart(2, '0')
  const state = tracestate.trim()
  return `${trace}-${known}${isState(state) ? ` ${state}` : ''}`
}

/** The headers of a request within a trace that was kept; `span` is the request's own, of 16 hexadecimal digits. */
export function continueTrace(kept: string, span: string): Record<string, string> {
  const [, trace = '', flags = '', tracestate = ''] = /^(\w+)-(\w+)(?: (.*))?$/.exec(kept) ?? []
  const traceparent = `00-${trace}-${span}-${flags}`
  return { traceparent, ...(tracestate && { tracestate }) }
}

/** The id of a trace that was kept. */
export function traceIdOf(kept: string): string {
  return kept.slice(0, 32)
}

function isZero(hex: string): boolean {
  return /^0*$/.test(hex)
}

/** Members that are empty are allowed, and a key is there once. */
function isState(text: string): boolean {
  const members = text.split(',').flatMap((one) => one.trim() || [])
  const keys = members.map((one) => one.slice(0, one.indexOf('=')))
  return (
    members.length > 0 &&
    members.length <= MOST.members &&
    text.length <= MOST.characters &&
    members.every(isMember) &&
    new Set(keys).size === keys.length
  )
}

function isMember(text: string): boolean {
  const at = text.indexOf('=')
  return KEY.test(text.slice(0, at)) && VALUE.test(text.slice(at + 1))
}
