// The areas of the API: what belongs together, and who is let in there.

/** One of them; `security` is what its operations ask for, as OpenAPI has it. */
type Area = {
  prefix: string
  name: string
  description: string
  security: Record<string, string[]>[]
}

const BY_KEY = [{ apiKey: [] }]
const BY_OPERATOR = [{ operatorToken: [] }]
const BY_NOBODY: Area['security'] = []

const AREAS: Area[] = [
  {
    prefix: '/v1/events',
    name: 'Events',
    description:
      'What happened to a call: sent here once, and delivered to every endpoint that takes it.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/webhook_endpoints',
    name: 'Endpoints',
    description: 'Where an organization’s events go.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/webhook_deliveries',
    name: 'Deliveries',
    description: 'One event on its way to one destination, with each attempt.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/webhook_replays',
    name: 'Replays',
    description: 'A range of deliveries sent again, at a pace.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/portal_links',
    name: 'Portal links',
    description: 'A way into the dashboard for somebody who has no API key.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/api_keys',
    name: 'API keys',
    description: 'The organization’s own keys, and what each of them lets do.',
    security: BY_KEY,
  },
  {
    prefix: '/v1/audit_log',
    name: 'Audit log',
    description: 'Who changed what, when and from where.',
    security: BY_KEY,
  },
  {
    prefix: '/admin',
    name: 'Operator',
    description: 'Organizations, their keys and where they are: for the operator of the service.',
    security: BY_OPERATOR,
  },
  {
    prefix: '/',
    name: 'Service',
    description: 'The service itself, for anybody.',
    security: BY_NOBODY,
  },
]

/** The tag of what consumers receive. */
export const WEBHOOKS_TAG = {
  name: 'Webhooks',
  description: 'What a consumer receives: one request for each event and destination.',
}

/** Every tag, in the order in which a reader meets them. */
export function listTags(): { name: string; description: string }[] {
  return [...AREAS.map(({ name, description }) => ({ name, description })), WEBHOOKS_TAG]
}

/** The area that a path lies in. */
export function areaOf(path: string): Area {
  const area = AREAS.find(({ prefix }) => path.startsWith(prefix))
  if (!area) throw new Error(`no area has ${path}`)
  return area
}
