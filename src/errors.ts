// Every error the API can answer: code, status, sentence.

const TABLE = {
  invalid_request: [400, 'The request is not valid: see issues.'],
  invalid_json: [400, 'The body is not valid JSON.'],
  invalid_api_key: [401, 'Send a valid API key: Authorization: Bearer sk_…'],
  insufficient_scope: [
    403,
    'Whoever asks may not do this: it takes a scope that they do not have.',
  ],
  not_found: [404, 'There is nothing here.'],
  method_not_allowed: [405, 'This method is not allowed here: see the Allow header.'],
  endpoint_disabled: [
    409,
    'The endpoint is disabled. Enable it with PATCH /v1/webhook_endpoints/{id} {"status":"enabled"}, then redeliver.',
  ],
  endpoint_deleted: [
    409,
    'The endpoint was deleted, so this delivery cannot be sent again. Its history stays readable.',
  ],
  payload_deleted: [
    409,
    'The payload of this event was deleted, so nothing is left to be sent again. Its history stays readable.',
  ],
  external_id_taken: [
    409,
    'Another endpoint of the organization has this external_id. Choose another, or clear it there first.',
  ],
  endpoint_limit_reached: [
    409,
    'The organization has as many endpoints as it may have. Delete one that is no longer used.',
  ],
  api_key_limit_reached: [
    409,
    'The organization has as many live API keys as it may have. Revoke one that is no longer used.',
  ],
  too_many_live_secrets: [
    409,
    'As many signing secrets are in force as may be. Wait until an overlap has ended, or rotate without one: {"overlap_seconds":0} ends all but the new secret at once.',
  ],
  redeliver_limit_reached: [
    409,
    'This delivery was redelivered as often as it can be. Send the event anew instead.',
  ],
  too_many_replays: [
    409,
    'As many replays of the organization are running as may. Wait until one is over, or pause or cancel one.',
  ],
  replay_not_running: [409, 'Only a replay that is running can be paused.'],
  replay_not_paused: [409, 'Only a replay that is paused can be resumed.'],
  replay_is_over: [409, 'A replay that is over cannot be changed. Start a new one.'],
  idempotency_key_reused: [
    409,
    'This Idempotency-Key was used for another request in the last 24 hours. Use a new key.',
  ],
  too_many_stops: [409, 'As many hosts are stopped as may be. Let one go on, or stop everything.'],
  already_there: [409, 'The organization is in this database already.'],
  move_under_way: [
    409,
    'The organization is being moved to another database. Wait until that move is over.',
  ],
  payload_too_large: [413, 'The body is too large.'],
  unsupported_media_type: [415, 'Send the body as JSON: Content-Type: application/json'],
  rate_limited: [429, 'Too many requests. Wait as long as the Retry-After header says.'],
  quota_exceeded: [
    429,
    'A quota of the organization is used up. Wait as long as the Retry-After header says, or ask the operator to raise it.',
  ],
  internal_error: [500, 'Something went wrong on our side. Nothing is lost; try again.'],
  misconfigured: [500, 'The service is misconfigured. Its log names the setting.'],
  unavailable: [
    503,
    'The service cannot do this at the moment. Try again shortly; with an Idempotency-Key nothing is done twice.',
  ],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

/** The sentence of an `invalid_api_key` where an API key, too, is none: what is the operator's. */
export const OPERATOR_ASKED =
  'This takes the operator’s token, ADMIN_TOKEN or one of ADMIN_TOKENS, and no API key: send Authorization: Bearer and the token.'

/** The stable, machine-readable name of an error. */
export type ErrorCode = keyof typeof TABLE

/** Every code there is. */
// The table's own keys.
export const ERROR_CODES = Object.keys(TABLE) as ErrorCode[]

/** What a code is answered with, where nothing more is known: its status and its sentence. */
export function describeCode(code: ErrorCode): { status: number; sentence: string } {
  const [status, sentence] = TABLE[code]
  return { status, sentence }
}

/** One fault in a request: where (a dotted path, empty for the whole) and what to do about it. */
export type Issue = { path: string; message: string }

/** Issues that an answer names, at most. */
const MAX_ISSUES = 10

/** Characters of an issue's path: names in it are the caller's, and may be of any length. */
const MAX_PATH = 100

/** Characters of a sentence. */
const MAX_SENTENCE = 400

/**
 * An error with a documented answer, which stays small whatever was asked: ten issues and the number of
 * the others, each in at most 100 and 400 characters (R5). Anything else thrown is a bug, and answered
 * as a plain 500.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: (typeof TABLE)[ErrorCode][0]
  readonly issues: Issue[] | undefined
  readonly headers: Record<string, string>

  constructor(
    code: ErrorCode,
    details: {
      message?: string
      issues?: Issue[]
      headers?: Record<string, string>
      cause?: unknown
    } = {},
  ) {
    super(cutText(details.message ?? TABLE[code][1], MAX_SENTENCE), { cause: details.cause })
    this.name = 'AppError'
    this.code = code
    this.status = TABLE[code][0]
    this.issues = details.issues && boundIssues(details.issues)
    this.headers = details.headers ?? {}
  }
}

/** At most so many UTF-16 code units of a text, never half of a surrogate pair that was whole. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length)
  const isPairCut =
    !cut.slice(-1).isWellFormed() && text.slice(length - 1, length + 1).isWellFormed()
  return isPairCut ? cut.slice(0, -1) : cut
}

function boundIssues(issues: Issue[]): Issue[] {
  const named = issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: cutText(path, MAX_PATH),
    message: cutText(message, MAX_SENTENCE),
  }))
  const others = issues.length - named.length
  return others > 0 ? [...named, { path: '', message: `and ${others} more` }] : named
}

/** A 400 whose sentence is the first of its issues. */
export function invalidRequest(issues: Issue[]): AppError {
  const [first] = issues
  const message = first && (first.path ? `${first.path}: ${first.message}` : first.message)
  return new AppError('invalid_request', { issues, ...(message && { message }) })
}

/** A 404 for one kind of thing. It says the same of what is missing and of what is another org's. */
export function notFound(
  thing:
    | 'delivery'
    | 'endpoint'
    | 'event'
    | 'organization'
    | 'API key'
    | 'move'
    | 'replay'
    | 'session',
): AppError {
  return new AppError('not_found', { message: `There is no such ${thing}.` })
}

/** What was thrown as an error with an answer: itself, what it was wrapped around, or a plain 500. */
export function toAppError(thrown: unknown): AppError {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof AppError) return error
  }
  return new AppError('internal_error', { cause: rootCause(thrown) })
}

/**
 * A fault in words for a log: those of its innermost cause. The layers around it may quote a query's
 * parameters, and with them payloads and sealed secrets.
 */
export function explainFault(thrown: unknown): string {
  return String(rootCause(thrown))
}

function rootCause(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? rootCause(thrown.cause) : thrown
}
