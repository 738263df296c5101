// The headers of answers that mean something to a caller.
import type { Operation } from './shape.ts'
import { referTo, type Reference } from './shape.ts'

/** All of them, as components. */
export const HEADERS = {
  'X-Request-Id': {
    description:
      'Names this request, as the log and the audit log do. A caller may choose it, by sending a UUID in this header.',
    required: true,
    schema: { type: 'string' },
    example: '0d0a6c1e-3a52-4f0c-9d4b-8d6f1c2e7a90',
  },
  'Idempotent-Replayed': {
    description: '"true" when this is an earlier answer, given again for its Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'RateLimit-Policy': {
    description:
      'What the caller is counted by: the name of the policy, its quota and its window in seconds.',
    schema: { type: 'string' },
    example: '"api_key";q=60000;w=60',
  },
  RateLimit: {
    description: 'What is left of a policy’s quota, and for how many seconds.',
    required: true,
    schema: { type: 'string' },
    example: '"redeliver";r=0;t=60',
  },
  'Retry-After': {
    description: 'Seconds to wait before asking again.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
    example: 60,
  },
  Allow: {
    description: 'The methods that this path has.',
    required: true,
    schema: { type: 'string' },
    example: 'GET, HEAD, POST',
  },
  'WWW-Authenticate': {
    description: 'How to say who asks.',
    required: true,
    schema: { type: 'string' },
    example: 'Bearer',
  },
}

type Name = keyof typeof HEADERS

/** References to some of them, by name. */
export function refer(...names: Name[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, referTo('headers', name)]))
}

/** Those of an answer that is no error. */
export function headersOf({ security, parameters = [] }: Operation, status: string) {
  const isCounted = security?.some((one) => 'apiKey' in one) ?? false
  const isOnce = parameters.some(({ name }) => name === 'Idempotency-Key')
  return {
    ...refer('X-Request-Id'),
    ...(isCounted && refer('RateLimit-Policy')),
    ...(isOnce && status.startsWith('2') && refer('Idempotent-Replayed')),
  }
}
