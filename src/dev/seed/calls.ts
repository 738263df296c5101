// The customer's calls: when they are made, what happens to them, and what a producer sends of it.
import { randomUUID } from 'node:crypto'
import { CALLBACK_URL } from './receivers.ts'

/** An event to be sent, at an instant in Unix ms. */
export type Sent = { at: number; event: { type: string; call: Record<string, unknown> } }

const HOUR_MS = 3_600_000

/** Calls of the busiest hour. */
const BUSIEST = 7

const ENDINGS = [
  [0.66, 'completed'],
  [0.8, 'no_answer'],
  [0.89, 'busy'],
  [0.95, 'failed'],
  [1, 'canceled'],
] as const

const PROMPTS = [
  'Remind the patient of the appointment on Tuesday at ten, and offer Thursday if it does not suit.',
  'Ask whether the prescription has been picked up; if not, offer to send it by mail.',
  'Confirm the new address, and read it back.',
  'Tell the patient that the results are in, and that the doctor would like to see them.',
]

const LANGUAGES = ['en-US', 'en-US', 'en-GB', 'es-US', 'de-DE']

/** All that is sent between two instants, in order; more by day than by night, the day ending with `to`. */
export function makeEvents(from: number, to: number, random: () => number): Sent[] {
  const sent: Sent[] = []
  for (let hourAt = from; hourAt < to; hourAt += HOUR_MS) {
    const hoursLeft = (to - hourAt) / HOUR_MS
    const daylight = Math.max(0.06, Math.cos(((hoursLeft - 4) / 24) * 2 * Math.PI))
    const count = Math.round(BUSIEST * daylight * (0.7 + 0.6 * random()))
    for (let made = 0; made < count; made += 1) {
      sent.push(...makeCall(hourAt + Math.floor(random() * HOUR_MS), random))
    }
  }
  return sent.filter(({ at }) => at < to).toSorted((a, b) => a.at - b.at)
}

function makeCall(startAt: number, random: () => number): Sent[] {
  const luck = random()
  const ending = ENDINGS.find(([share]) => luck < share)?.[1] ?? 'completed'
  const ringingAt = startAt + between(1500, 4000, random)
  const answeredAt = ringingAt + between(3000, 18_000, random)
  const endedAt = answeredAt + (ending === 'completed' ? between(20_000, 240_000, random) : 0)
  const call = describeCall(startAt, random)
  const sent: Sent[] = [
    toSent(startAt, 'queued', call),
    toSent(ringingAt, 'ringing', { ...call, started_at: toText(ringingAt) }),
  ]
  const answered = { ...call, started_at: toText(ringingAt), answered_at: toText(answeredAt) }
  if (ending === 'completed') sent.push(toSent(answeredAt, 'answered', answered, 'in_progress'))
  const ended = ending === 'completed' ? completed(answered, endedAt - answeredAt, random) : call
  sent.push(toSent(endedAt, ending, { ...ended, ended_at: toText(endedAt) }))
  return sent
}

function toSent(at: number, what: string, call: object, status = what): Sent {
  return { at, event: { type: `call.${what}`, call: { ...call, status, updated_at: toText(at) } } }
}

function describeCall(at: number, random: () => number): Record<string, unknown> {
  const luck = random()
  const urls = luck < 0.02 ? ['ftp://files.harbor-clinics.example/in'] : [CALLBACK_URL]
  return {
    id: randomUUID(),
    to_number: `+1415555${String(between(100, 9999, random)).padStart(4, '0')}`,
    from_number: '+14155550199',
    direction: 'outbound',
    prompt: pick(PROMPTS, random),
    language: pick(LANGUAGES, random),
    created_at: toText(at),
    metadata: {
      patient: `pat_${between(1e5, 1e6, random)}`,
      clinic: pick(['north', 'bay'], random),
    },
    ...(luck < 0.1 && { webhook_url: urls[0] }),
  }
}

function completed(call: object, durationMs: number, random: () => number): object {
  const seconds = Math.round(durationMs / 1000)
  const billed = Math.ceil(seconds / 60) * 60
  return {
    ...call,
    duration_seconds: seconds,
    billed_duration_seconds: billed,
    billing_amount_milli_cents: billed * 150,
    result: { confirmed: random() < 0.8, wants_callback: random() < 0.1 },
    result_status: 'ok',
  }
}

function toText(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z/, 'Z')
}

function between(least: number, most: number, random: () => number): number {
  return Math.floor(least + (most - least) * random())
}

function pick<One>(list: One[], random: () => number): One | undefined {
  return list[Math.floor(random() * list.length)]
}
