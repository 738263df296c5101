// The errors of each operation: those that its shape brings along, and those that its route names.
import { describeCode, OPERATOR_ASKED, type ErrorCode } from '../../errors.ts'
import { refer } from './headers.ts'
import { referTo, toName, type Answer, type Operation, type Reference } from './shape.ts'

/** What every error of a status comes with, besides the request's id. */
const HEADERS_OF: Partial<Record<number, Parameters<typeof refer>>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  405: ['Allow'],
  429: ['Retry-After', 'RateLimit'],
  503: ['Retry-After'],
}

/** So many codes make a name that can be read; an answer with more stands in its operation. */
const MAX_NAMED = 2

const AN_ID = '0d0a6c1e-3a52-4f0c-9d4b-8d6f1c2e7a90'

/** Answers that several operations share, by name. */
export type SharedAnswers = Map<string, Answer>

/** The operation’s error answers, by status; those that may stand for several are put among the shared. */
export function errorAnswersOf(
  operation: Operation,
  method: string,
  shared: SharedAnswers,
): Record<string, Answer | Reference> {
  const told = codesOf(operation, method).map((code) => tell(code, operation))
  const byStatus = Map.groupBy(told, ({ status }) => status)
  const answers = [...byStatus].map(([status, codes]) => {
    const answer = describeProblem(status, codes)
    if (codes.length > MAX_NAMED) return [status, answer]
    const name = codes.map((one) => one.name).join('Or')
    shared.set(name, answer)
    return [status, referTo('responses', name)]
  })
  return Object.fromEntries(answers)
}

/** Every code that the operation may answer. */
function codesOf({ security = [], parameters = [], responses }: Operation, method: string) {
  const own = Object.values(responses).flatMap((answer) =>
    '$ref' in answer ? [] : (answer['x-codes'] ?? []),
  )
  const hasParameter = (wanted: { in: string; name?: string }) =>
    parameters.some((one) => one.in === wanted.in && one.name === (wanted.name ?? one.name))
  const isKnown = security.length > 0
  const isOpen = security.some((one) => Object.keys(one).length === 0)
  const codes = {
    invalid_request: true,
    invalid_json: method !== 'get',
    invalid_api_key: isKnown,
    insufficient_scope: security.some((one) => 'apiKey' in one) && !isOpen,
    // Where there is no operator, there is nothing of theirs.
    not_found:
      hasParameter({ in: 'path' }) || security.some((one) => 'operatorToken' in one && !isOpen),
    method_not_allowed: true,
    ...Object.fromEntries(own.map((code) => [code, true])),
    idempotency_key_reused: hasParameter({ in: 'header', name: 'Idempotency-Key' }),
    payload_too_large: method !== 'get',
    unsupported_media_type: method !== 'get',
    rate_limited: isKnown,
    internal_error: true,
    misconfigured: true,
    unavailable: isKnown,
  }
  // The routes name their own by `problems`, which takes only codes.
  return Object.entries(codes).flatMap(([code, isHere]) => (isHere ? [code as ErrorCode] : []))
}

type Told = { code: ErrorCode; status: number; name: string; sentence: string }

/** A code as the operation answers it: what is the operator's asks for another token than the rest. */
function tell(code: ErrorCode, { security = [] }: Operation): Told {
  const { status, sentence } = describeCode(code)
  const isOfOperator = code === 'invalid_api_key' && security.some((one) => 'operatorToken' in one)
  return isOfOperator
    ? { code, status, name: 'InvalidOperatorToken', sentence: OPERATOR_ASKED }
    : { code, status, name: toName(code), sentence }
}

function describeProblem(status: number, codes: Told[]): Answer {
  const sentences = codes.map(({ code, sentence }) => `\`${code}\`: ${sentence}`)
  const examples = codes.map((one) => [one.code, { summary: one.code, value: exampleOf(one) }])
  return {
    description: sentences.join('\n\n'),
    headers: refer('X-Request-Id', 'RateLimit-Policy', ...(HEADERS_OF[status] ?? [])),
    content: {
      'application/json': {
        schema: referTo('schemas', 'Error'),
        examples: Object.fromEntries(examples),
      },
    },
  }
}

function exampleOf({ code, status, sentence: error }: Told) {
  const issues = status === 400 ? { issues: [{ path: 'url', message: 'is missing' }] } : {}
  return { error, code, ...issues, request_id: AN_ID }
}
