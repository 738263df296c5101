// What `callingbox-webhooks/consumer` gives to those who receive webhooks.

export {
  asOperational,
  EVENT_TYPES,
  OPERATIONAL_TYPES,
  type Call,
  type CallStatus,
  type EventOf,
  type EventType,
  type ExhaustedDelivery,
  type OperationalData,
  type OperationalEvent,
  type OperationalType,
  type ToldEndpoint,
  type ToldReplay,
  type WebhookEvent,
  type WebhookStatus,
} from './events.ts'
export { expectEvent } from './expect-event.ts'
export type { WebhookHeaders } from './headers.ts'
export { once, recentIds, type EventIds, type Handling } from './once.ts'
export { WebhookRefused, type Refusal, type RefusalReason } from './refusal.ts'
export type { Family } from './signature.ts'
export {
  verify,
  type RawBody,
  type Verification,
  type Verified,
  type VerifyOptions,
} from './verify.ts'
