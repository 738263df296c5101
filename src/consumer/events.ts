// The events that a webhook can bring, and the call that each of them is about.

/** The eight event types, in the order in which they happen to a call. */
export const EVENT_TYPES = [
  'call.queued',
  'call.ringing',
  'call.answered',
  'call.completed',
  'call.failed',
  'call.no_answer',
  'call.busy',
  'call.canceled',
] as const

/** What happened to a call. */
export type EventType = (typeof EVENT_TYPES)[number]

/** How a call is doing. */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in_progress'
  | 'completed'
  | 'no_answer'
  | 'busy'
  | 'canceled'
  | 'failed'

/** How the webhook to a call's own `webhook_url` is doing. */
export type WebhookStatus = 'none' | 'pending' | 'delivered' | 'failed'

/**
 * A call, as whoever made it has sent it: only its id is always there, and members that are not published
 * may be. Times are RFC 3339 in UTC, durations seconds, amounts thousandths of a US cent.
 */
export type Call = {
  id: string
  to_number?: string | null
  from_number?: string | null
  status?: CallStatus | null
  direction?: string | null
  prompt?: string | null
  context?: unknown
  returns?: unknown
  language?: string | null
  result?: unknown
  result_status?: string | null
  result_error?: string | null
  created_at?: string | null
  started_at?: string | null
  answered_at?: string | null
  ended_at?: string | null
  updated_at?: string | null
  duration_seconds?: number | null
  billed_duration_seconds?: number | null
  billing_amount_milli_cents?: number | null
  reservation_status?: string | null
  webhook_url?: string | null
  webhook_status?: WebhookStatus | null
  webhook_error?: string | null
  error_code?: string | null
  error_message?: string | null
  hangup_cause?: string | null
  metadata?: Record<string, unknown> | null
  tools?: Record<string, unknown>[] | null
  [member: string]: unknown
}

/** The event of one type. `id` is the same on each attempt; `created` is in Unix seconds. */
export type EventOf<Type extends EventType> = {
  id: string
  type: Type
  created: number
  api_version: string
  data: { call: Call }
}

/** An event of any type: `switch (event.type)` tells them apart. Give it a default: new types may come. */
export type WebhookEvent = { [Type in EventType]: EventOf<Type> }[EventType]

/** The types of operational events, which an endpoint gets that names them. */
export const OPERATIONAL_TYPES = [
  'endpoint.disabled',
  'endpoint.failing',
  'endpoint.recovered',
  'delivery.exhausted',
  'replay.completed',
  'replay.paused',
  'key.expiring',
  'secret.undecryptable',
] as const

/** What happened to the service itself. */
export type OperationalType = (typeof OPERATIONAL_TYPES)[number]

/** An endpoint, as an operational event tells of it. */
export type ToldEndpoint = {
  id: string
  url: string
  description: string | null
  status: 'enabled' | 'disabled'
  disabled_reason: string | null
  disabled_at: string | null
  consecutive_failures: number
}

/** A delivery that was exhausted. */
export type ExhaustedDelivery = {
  id: string
  event_type: string
  call_id: string | null
  url: string
  attempt_count: number
  last_error: string | null
  last_response_status: number | null
}

/** A replay that is through, or paused. */
export type ToldReplay = {
  id: string
  status: 'completed' | 'paused'
  total: number
  replayed: number
  delivered: number
  failed: number
  reason: string | null
  created_by: string
  created_at: string
}

type AboutEndpoint = { org_id: string; endpoint: ToldEndpoint }
type AboutReplay = { org_id: string; replay: ToldReplay }

/** The data of each. Of exhausted deliveries `deliveries` are the first of `count`. */
export type OperationalData = {
  'endpoint.disabled': AboutEndpoint
  'endpoint.failing': AboutEndpoint & { since: string }
  'endpoint.recovered': AboutEndpoint & { since: string }
  'delivery.exhausted': {
    org_id: string
    endpoint_id: string | null
    count: number
    deliveries: ExhaustedDelivery[]
  }
  'replay.completed': AboutReplay
  'replay.paused': AboutReplay
  'key.expiring': {
    org_id: string
    api_key: { id: string; public_id: string; name: string; expires_at: string }
  }
  'secret.undecryptable': { org_id: string; secret: { id: string; endpoint_id: string | null } }
}

/** An operational event: `switch (event.type)` tells them apart. */
export type OperationalEvent = {
  [Type in OperationalType]: {
    id: string
    type: Type
    created: number
    api_version: string
    data: OperationalData[Type]
  }
}[OperationalType]

/**
 * An event that was verified, if it is about the service itself. Only an endpoint that names such types gets any: all
 * others need not ask.
 */
export function asOperational(event: { type: string }): OperationalEvent | undefined {
  // The service signed it, and its type says what it is.
  const told = event as OperationalEvent
  return OPERATIONAL_TYPES.some((type) => type === event.type) ? told : undefined
}

/** The event that a body is; `undefined` when it is none. A type that came later passes. */
export function readEvent(body: string): WebhookEvent | undefined {
  const parsed = parse(body)
  return isEvent(parsed) ? parsed : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is WebhookEvent {
  return (
    isObject(value) &&
    isText(value['id']) &&
    isText(value['type']) &&
    Number.isSafeInteger(value['created']) &&
    isText(value['api_version']) &&
    isObject(value['data']) &&
    isAboutAny(value['data'])
  )
}

/** About a call, or about the service itself, of an org. */
function isAboutAny({ call, org_id: orgId }: Record<string, unknown>): boolean {
  return call === undefined ? isText(orgId) : isObject(call) && isText(call['id'])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
