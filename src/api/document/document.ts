// The OpenAPI document: made of the routes and of the schemas that check their requests.
import type { Router } from '../http/router.ts'
import { Problem } from '../http/problem.ts'
import { scopesOf } from '../http/key-scopes.ts'
import { areaOf, listTags } from './areas.ts'
import { registerNamed } from './components.ts'
import { sayAll } from './defaults.ts'
import { exemplify } from './examples.ts'
import { HEADERS, headersOf } from './headers.ts'
import { errorAnswersOf, type SharedAnswers } from './problems.ts'
import type { OpenApi, Operation } from './shape.ts'
import { tidy } from './tidy.ts'
import { describeWebhooks, listEvents, type WebhookSettings } from './webhooks.ts'

const INFO = {
  title: 'CallingBox webhooks',
  version: '1',
  summary: 'Webhook delivery: nothing accepted is lost, every delivery can be sent again.',
  description: `Send what happens to a call as an event; each endpoint that takes it gets a signed request, and
as many as it needs until it answers with a 2xx. Whatever was sent can be looked at, and sent again.

Every call to \`/v1\` takes an API key, \`Authorization: Bearer sk_…\`, which belongs to one organization, and has the scope that the
operation names: \`send\`, \`read\`, \`operate\` or \`manage\`. A key has all of them, unless it was made with less. Bodies are
JSON, ids are UUIDs, instants are RFC 3339 in UTC. An error is
\`{"error": "<sentence>", "code": "<stable name>", "request_id": "…"}\`, and a 400 has \`issues\` besides: act on the
code, show the sentence, quote the request’s id. More codes may come; their statuses keep their meaning. Members that
this document does not name may come in answers: pass over them.

A POST with an \`Idempotency-Key\` acts once, however often it is sent within 24 hours.`,
  contact: { name: 'CallingBox' },
  license: { name: 'Proprietary', identifier: 'LicenseRef-Proprietary' },
}

const SECURITY_SCHEMES = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `sk_live_…` or `sk_test_…`, which belongs to one organization.',
  },
  operatorToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'ADMIN_TOKEN, which is the operator’s.',
  },
}

/** The document as JSON text. Making it takes some milliseconds. */
export async function writeDocument(app: Router, settings: WebhookSettings): Promise<string> {
  const { openAPIRegistry: registry } = app
  registerNamed(registry, [Problem, ...listEvents()])
  const made = app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO })
  // The library makes it as OpenAPI 3.1 has it, and `shape.ts` names parts of that.
  const document = tidy(made as unknown as OpenApi)
  const responses: SharedAnswers = new Map()
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      complete(operation, method, path)
      operation.responses = {
        ...errorAnswersOf(operation, method, responses),
        ...ownAnswers(operation),
      }
      exemplify(operation, document)
    }
  }
  return JSON.stringify({
    openapi: document['openapi'],
    info: INFO,
    servers: [{ url: '/', description: 'Where this document was read.' }],
    tags: listTags(),
    paths: document.paths,
    webhooks: await describeWebhooks(settings),
    components: {
      ...document.components,
      schemas: sayAll(document.components.schemas),
      headers: HEADERS,
      responses: Object.fromEntries(responses),
      securitySchemes: SECURITY_SCHEMES,
    },
  })
}

/** Where the key's scopes matter they stand as its roles. */
function complete(operation: Operation, method: string, path: string): void {
  const { name, security } = areaOf(path)
  operation.tags = [name]
  operation.security ??= security.flatMap((one) =>
    'apiKey' in one ? scopesOf(method, path).map((scope) => ({ apiKey: [scope] })) : [one],
  )
}

/** What a route has named of its errors by code only is left to `errorAnswersOf`. */
function ownAnswers(operation: Operation): Operation['responses'] {
  const own = Object.entries(operation.responses).flatMap(([status, answer]) =>
    '$ref' in answer || answer['x-codes'] ? [] : [[status, answer] as const],
  )
  return Object.fromEntries(
    own.map(([status, answer]) => [status, { ...answer, headers: headersOf(operation, status) }]),
  )
}
