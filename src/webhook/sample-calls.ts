// Made-up calls: for each event type what a call is like when that happens.
import type { EVENT_TYPES } from './event-types.ts'

type EventType = (typeof EVENT_TYPES)[number]

/** A call as its JSON has it. */
type SampleCall = Readonly<Record<string, unknown>>

/** What does not change while a call goes on. */
const PLACED: SampleCall = {
  direction: 'outbound',
  to_number: '+14155550100',
  from_number: '+14155550199',
  prompt: 'Confirm the appointment on Tuesday at ten.',
  language: 'en-US',
  created_at: '2026-04-15T14:30:00Z',
}

const RINGING: SampleCall = { ...PLACED, started_at: '2026-04-15T14:30:02Z' }

const ANSWERED: SampleCall = { ...RINGING, answered_at: '2026-04-15T14:30:08Z' }

const UNANSWERED: SampleCall = { ...RINGING, ended_at: '2026-04-15T14:30:32Z', duration_seconds: 0 }

/** By event type; numbers are of the range that is kept for fiction, and lead nowhere. */
const SAMPLES: Record<EventType, SampleCall> = {
  'call.queued': { ...PLACED, status: 'queued' },
  'call.ringing': { ...RINGING, status: 'ringing' },
  'call.answered': { ...ANSWERED, status: 'in_progress' },
  'call.completed': {
    ...ANSWERED,
    status: 'completed',
    ended_at: '2026-04-15T14:30:50Z',
    duration_seconds: 42,
    billed_duration_seconds: 60,
    result: { confirmed: true },
    result_status: 'ok',
  },
  'call.failed': {
    ...PLACED,
    status: 'failed',
    ended_at: '2026-04-15T14:30:03Z',
    duration_seconds: 0,
    error_code: 'carrier_error',
    error_message: 'The carrier did not take the call.',
  },
  'call.no_answer': { ...UNANSWERED, status: 'no_answer', hangup_cause: 'NO_ANSWER' },
  'call.busy': { ...UNANSWERED, status: 'busy', hangup_cause: 'USER_BUSY' },
  'call.canceled': { ...PLACED, status: 'canceled', ended_at: '2026-04-15T14:30:01Z' },
}

/** A made-up call with this id, as it is when an event of the type happens; its metadata says that it is a test. */
export function sampleCall(type: EventType, id: string): SampleCall {
  return { id, ...SAMPLES[type], metadata: { test: true } }
}
