// What an endpoint's headers become: judged, put together with those that stay, and sealed.
import type { EndpointChanges } from '../db/account/endpoint-changes.ts'
import type { Endpoint } from '../db/account/endpoints.ts'
import { placeOfHeaders } from '../db/account/sealed-headers.ts'
import { LISTEN_URL } from '../db/words.ts'
import { openHeaders, sealHeaders, type SecretOpener } from '../delivery/attempt/open-secret.ts'
import { VaultError } from '../credentials/vault.ts'
import { invalidRequest, type Issue } from '../errors.ts'
import {
  findNameProblem,
  findValueProblem,
  HEADERS_LIMIT,
  isCovered,
  isSameOrigin,
  readCovered,
  sizeOfHeaders,
  writeCovered,
  type HeaderLine,
} from '../webhook/own-headers.ts'
import type { World } from '../world.ts'

/** All the headers that an endpoint is to have; null: none. A value that is given as it is shown stays what it is. */
export type WantedHeaders = readonly HeaderLine[] | null

/** What somebody wants to be changed: what is written of it as it stands, and headers, which are decided first. */
export type AskedChanges = Omit<EndpointChanges, 'headers'> & {
  headers?: WantedHeaders | undefined
}

/** What is to be written, while the endpoint is still what that was decided by. */
export type DecidedChanges = {
  changes: EndpointChanges
  from: Partial<Pick<Endpoint, 'url' | 'headersSealed'>>
}

/** What of an endpoint its headers are decided by. */
type Current = Pick<Endpoint, 'orgId' | 'id' | 'url' | 'headersSealed' | 'headersShown'>

const MOVED =
  'must be given along with a URL of another scheme, host or port, each value anew, or null for none: what the endpoint has was meant for where it led so far'

const NOT_KEPT =
  'is not how a header of the endpoint is shown now: send the value itself, or what GET answers'

const NOT_OPENED = 'cannot be kept, because what is stored does not open: send the value itself'

/**
 * Decides what the headers become. They never go to another origin than the one that they were written for: a URL of
 * another takes all of them anew.
 * @throws AppError `invalid_request` naming `headers` or one of them.
 */
export async function decideHeaders(
  world: SecretOpener & Pick<World, 'config'>,
  current: Current,
  { headers: wanted, ...plain }: AskedChanges,
): Promise<DecidedChanges> {
  const { url, headersSealed } = current
  const moves = plain.url !== undefined && !isSameOrigin(plain.url, url)
  const hasAny = headersSealed !== null
  if (moves && hasAny && wanted === undefined) throw refused(MOVED)
  // Also for a URL of the same origin: the endpoint may have moved meanwhile, and have headers for its new origin.
  if (wanted === undefined)
    return { changes: plain, from: plain.url === undefined ? {} : { headersSealed } }
  if (moves && wanted?.some(([, value]) => isCovered(value))) throw refused(MOVED)
  const headers = await settle(world, current, wanted ?? [])
  return { changes: { ...plain, headers }, from: { url, headersSealed } }
}

function refused(message: string): Error {
  return invalidRequest([{ path: 'headers', message }])
}

/** What is to be written; undefined where they are so already. */
async function settle(
  world: SecretOpener & Pick<World, 'config'>,
  current: Current,
  wanted: readonly HeaderLine[],
): Promise<EndpointChanges['headers']> {
  const shown = new Map((current.headersShown ?? []).map(readCovered).map(toEntry))
  const issues = findIssues(wanted, shown, current, world.config.headerPrefix)
  if (issues.length > 0) throw invalidRequest(issues)
  const old = await openOld(world, current)
  const lines = wanted.map(([name, value]): HeaderLine => [name, keep(name, value, old)])
  if (sizeOfHeaders(lines) > HEADERS_LIMIT.bytes) {
    throw refused(`must have at most ${HEADERS_LIMIT.bytes} bytes, names and values together`)
  }
  const names = old ? changedNames(old, lines) : namesOf(current, lines)
  if (old && names.length === 0) return undefined
  if (lines.length === 0) return { sealed: null, shown: null, names }
  const place = placeOfHeaders(current.orgId, current.id)
  const sealed = await sealHeaders(world, place, lines)
  return { sealed, shown: lines.map(writeCovered), names }
}

/** The names of all old and new headers: where the old do not open, nobody knows which of them have changed. */
function namesOf({ headersShown }: Current, lines: readonly HeaderLine[]): string[] {
  const all = [...(headersShown ?? []).map(readCovered), ...lines].map(([name]) => name)
  return [...new Set(all)]
}

/** Header names are the same in any case. */
function toEntry([name, value]: HeaderLine): [string, string] {
  return [name.toLowerCase(), value]
}

function findIssues(
  wanted: readonly HeaderLine[],
  shown: ReadonlyMap<string, string>,
  { url }: Current,
  prefix: string,
): Issue[] {
  const { count } = HEADERS_LIMIT
  const ofAll =
    url === LISTEN_URL && wanted.length > 0
      ? ['does not go with an endpoint that is listened to: nothing is sent anywhere']
      : wanted.length > count
        ? [`must have at most ${count} headers`]
        : []
  const seen = new Set<string>()
  const ofEach = wanted.flatMap(([name, value]) => {
    const lower = name.toLowerCase()
    const isTwice = seen.has(lower)
    seen.add(lower)
    const isKept = shown.get(lower) === value
    const ofValue = isKept ? undefined : isCovered(value) ? NOT_KEPT : findValueProblem(value)
    const message =
      findNameProblem(name, prefix) ??
      (isTwice ? 'is there twice: names are the same in any case' : undefined) ??
      ofValue
    return message === undefined ? [] : [{ path: `headers.${name}`, message }]
  })
  return [...ofAll.map((message) => ({ path: 'headers', message })), ...ofEach]
}

/** The present headers by name in lower case; undefined when they do not open, which the opener has noted. */
async function openOld(
  world: SecretOpener,
  { orgId, id, headersSealed: sealed }: Current,
): Promise<Map<string, HeaderLine> | undefined> {
  if (sealed === null) return new Map()
  try {
    const lines = await openHeaders(world, { ...placeOfHeaders(orgId, id), sealed })
    return new Map(lines.map((line) => [line[0].toLowerCase(), line]))
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/** A value that is as it is shown is the one that is there. @throws AppError when that does not open. */
function keep(name: string, value: string, old: Map<string, HeaderLine> | undefined): string {
  if (!isCovered(value)) return value
  const kept = old?.get(name.toLowerCase())?.[1]
  if (kept === undefined) throw invalidRequest([{ path: `headers.${name}`, message: NOT_OPENED }])
  return kept
}

/** Names that come, go, or get another value or another spelling. */
function changedNames(old: Map<string, HeaderLine>, lines: readonly HeaderLine[]): string[] {
  const now = new Map(lines.map((line) => [line[0].toLowerCase(), line]))
  const come = [...now].flatMap(([lower, line]) => (isSame(line, old.get(lower)) ? [] : line[0]))
  const gone = [...old].flatMap(([lower, line]) => (now.has(lower) ? [] : line[0]))
  return [...come, ...gone]
}

function isSame([name, value]: HeaderLine, other: HeaderLine | undefined): boolean {
  return other?.[0] === name && other[1] === value
}
