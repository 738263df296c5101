// The customer's endpoints, and how whoever is behind a URL fared in that week.
import type { Reply } from './service.ts'

/** How a receiver answers so many hours from the week's end (before it: negative). */
type Receiver = (hours: number, random: () => number) => Reply

/** An endpoint as it is created; the others of its week are told in week.ts. */
type Wanted = { url: string; description: string; enabled_events: string[] }

const JSON_TYPE = { 'Content-Type': 'application/json', Server: 'nginx' }

const ok = (least: number, most: number, random: () => number): Reply => ({
  afterMs: Math.round(least + (most - least) * random() ** 3),
  status: 200,
  body: '{"received":true}',
  headers: JSON_TYPE,
})

const failing = (status: number, message: string, random: () => number): Reply => ({
  afterMs: Math.round(40 + 300 * random()),
  status,
  body: JSON.stringify({ error: message }),
  headers: { ...JSON_TYPE, ...(status === 503 && { 'Retry-After': '90' }) },
})

/** Named by what becomes of them. */
export const ENDPOINTS = {
  well: {
    url: 'https://hooks.harbor-clinics.example/callingbox',
    description: 'Appointment desk',
    enabled_events: ['*'],
  },
  mostlyWell: {
    url: 'https://crm.harbor-clinics.example/webhooks/calls?tenant=eu-west-1',
    description: 'CRM',
    enabled_events: ['call.completed', 'call.no_answer', 'call.busy', 'call.failed'],
  },
  slow: {
    url: 'https://ingest.tidewater-analytics.example/v2/callingbox',
    description: 'Call analytics',
    enabled_events: ['call.answered', 'call.completed'],
  },
  failing: {
    url: 'https://billing.harbor-clinics.example/hooks/calls',
    description: 'Billing',
    enabled_events: ['call.failed', 'call.busy', 'call.canceled'],
  },
  disabled: {
    url: 'https://voicemail.oldharbor.example/notify',
    description: 'Voicemail fallback',
    enabled_events: ['call.no_answer'],
  },
  recovering: {
    url: 'https://api.meridian-care.example/partners/harbor/calls',
    description: 'Meridian Care (partner)',
    enabled_events: ['call.completed'],
  },
  deleted: {
    url: 'https://dialer.oldharbor.example/events',
    description: 'Old dialer',
    enabled_events: ['call.queued', 'call.canceled'],
  },
} satisfies Record<string, Wanted>

/** One that is added on the last day, its URL mistyped: nothing has ever arrived there. */
export const MISTYPED: Wanted = {
  url: 'https://scheduling.harbor-clinics.example/hoks/answered',
  description: 'Scheduling',
  enabled_events: ['call.answered'],
}

/** Where some calls want their own events sent. */
export const CALLBACK_URL = 'https://jobs.harbor-clinics.example/callbacks/calls'

const { well, mostlyWell, slow, failing: billing, disabled, recovering, deleted } = ENDPOINTS

const RECEIVERS: Record<string, Receiver> = {
  // Half an hour of maintenance, three days ago.
  [well.url]: (hours, random) =>
    hours > -76 && hours < -75.4
      ? failing(503, 'down for maintenance', random)
      : ok(60, 420, random),
  [mostlyWell.url](hours, random) {
    const luck = random()
    if (luck < 0.004) return { afterMs: 10_000, failure: 'timeout' }
    if (luck < 0.02) return failing(502, 'upstream request failed', random)
    return ok(90, 900, random)
  },
  [slow.url]: (hours, random) => (hours > -30 ? ok(1300, 4200, random) : ok(200, 900, random)),
  [billing.url]: (hours, random) =>
    hours > -54 ? failing(500, 'relation "invoices" does not exist', random) : ok(80, 300, random),
  [disabled.url]: (hours, random) =>
    hours > -112
      ? { afterMs: Math.round(20 + 80 * random()), failure: 'Network connection lost.' }
      : ok(100, 500, random),
  [recovering.url]: (hours, random) =>
    hours > -34 && hours < -2.5
      ? failing(401, 'the client certificate has expired', random)
      : ok(550, 950, random),
  [MISTYPED.url]: (_, random) => failing(404, 'no such route', random),
  [deleted.url]: (hours, random) =>
    hours > -63 ? { afterMs: 12, failure: 'getaddrinfo ENOTFOUND' } : ok(100, 600, random),
  // Wrong for the first three days.
  [CALLBACK_URL]: (hours, random) =>
    hours < -100 ? failing(404, 'no such route', random) : ok(50, 250, random),
}

/** What whoever is behind a URL does with a POST. */
export function receive(url: string, hours: number, random: () => number): Reply {
  const receiver = RECEIVERS[url]
  if (!receiver) throw new Error(`nobody is behind ${url}`)
  return receiver(hours, random)
}
