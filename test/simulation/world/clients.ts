// Clients of the API, as they are: after an error they do not know, and ask again.
import {
  addEndpoint,
  applyChanges,
  removeEndpoint,
  replaceSecret,
} from '../../../src/account/endpoints.ts'
import { replaceDefaultSecret } from '../../../src/account/secrets.ts'
import type { EndpointChanges } from '../../../src/db/account/endpoints.ts'
import type { Actor as Person } from '../../../src/db/audit.ts'
import type { Idempotency, Once } from '../../../src/db/idempotency.ts'
import { acceptBatch } from '../../../src/delivery/accept.ts'
import { redeliver } from '../../../src/delivery/redeliver.ts'
import { AppError } from '../../../src/errors.ts'
import type { World as EngineWorld } from '../../../src/world.ts'
import { urlOf } from '../outside/receiver.ts'
import type { Action, Step } from '../schedules/schedule.ts'
import type { ClientCall, Row } from './history.ts'
import { ORG, type World } from './world.ts'

/** Who acts, as the audit log names it. */
export const PERSON: Person = { orgId: ORG, name: 'simulation', ip: null, requestId: '' }

/** A client asks again so many ms after an error. */
const PATIENCE_MS = 1000

/** A client asks so often in all. */
const MAX_TRIES = 4

/** How long the secrets before an `overlap` go on signing, in ms. */
export const OVERLAP_MS = 3_600_000

/** What is asked with an Idempotency-Key. */
const WITH_KEY = new Set<Action>(['event', 'batch', 'redeliver', 'create'])

/** What cannot be asked again without doing it twice. */
const ASKED_ONCE = new Set<Action>(['bare', 'test', 'click'])

/** More than a schedule has steps. */
const STEPS = 1000

/** The events' types, in turn. */
const TYPES = ['call.completed', 'call.failed'] as const

/** A call as a producer sends it: on one line, and nothing in it survives a parser unchanged. */
export function callText(place: number): string {
  return `{"id":"${callId(place)}","10":1.0,"2":9007199254740993,"name":"\\u00e9\\/é","a":1e400,"a":null}`
}

/** The id of the call that an event is about. */
function callId(place: number): string {
  return `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`
}

/** The numbers of a call's events: the first has its step's own. */
export function placesOf({ input }: ClientCall): number[] {
  return Array.from({ length: input.size }, (_, index) => input.place + index * STEPS)
}

/** The number of the step that an event came with; undefined when it is none of ours. */
export function placeOf(event: Row): number {
  return Number(String(event['call_id']).slice(-12))
}

/** Does one step, and again until it is answered; `place` numbers the steps from 1. */
export async function act(world: World, step: Step, place: number): Promise<void> {
  const { action } = step
  if (action === 'purge') return world.purge()
  if (action === 'upkeep') return world.upkeep()
  if (action === 'count') return world.count()
  const target = await targetOf(world, step)
  if (target === undefined) return
  const intention = `${action}#${place}`
  const key = WITH_KEY.has(action) ? intention : undefined
  const webhookUrl = world.schedule.endpoints === 0 ? urlOf(0) : null
  const first = world.actor(action, 'api')
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const actor = attempt === 1 ? first : world.actor(first.name, 'api', `~${attempt}`)
    const size = action === 'batch' ? step.target : 1
    const input = { target, size, place, webhookUrl }
    const isFinal = await ask(world, newCall(world, { actor, action, intention, key, input }))
    if (isFinal || ASKED_ONCE.has(action)) return
    await world.clock.sleep(PATIENCE_MS)
  }
}

/** Notes a call that starts now. */
export function newCall(
  { history, clock }: World,
  about: Pick<ClientCall, 'actor' | 'action' | 'intention' | 'key' | 'input'>,
): ClientCall {
  const started = { startTx: history.tx, startAt: clock.now }
  const call = { ...about, ...started, answer: undefined, error: undefined }
  history.calls.push(call)
  return call
}

/** Sends a call; true when there is nothing to ask again: an answer, or a refusal. */
async function ask(world: World, call: ClientCall): Promise<boolean> {
  const { history, clock } = world
  const died = new Promise<never>((_, reject) => {
    world.whenDead(call.actor, () => clock.after(1, () => reject(new Error('no answer'))))
  })
  try {
    const value = await Promise.race([
      ACTS[call.action](world.engine(call.actor), call, world),
      died,
    ])
    call.answer = { tx: history.tx, at: clock.now, value }
    return true
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal_error'
    call.error = { tx: history.tx, code, message: String(error) }
    return error instanceof AppError && error.status < 500
  }
}

/** The id of the endpoint or delivery that a step is about; undefined when there is none yet. */
async function targetOf({ backend }: World, { action, target }: Step): Promise<string | undefined> {
  if (['event', 'bare', 'batch', 'create'].includes(action)) return ''
  if (action === 'rotate' && target === 0) return ORG
  const table = action === 'redeliver' || action === 'click' ? 'deliveries' : 'endpoints'
  const rows = await backend.rows({ sql: `SELECT id FROM ${table} ORDER BY id`, values: [] })
  const row = rows[(Math.max(target, 1) - 1) % rows.length]
  return row && String(row['id'])
}

type Act = (engine: EngineWorld, call: ClientCall, world: World) => Promise<unknown>

const ACTS: Record<ClientCall['action'], Act> = {
  event: accept,
  bare: accept,
  batch: accept,
  test: accept,
  redeliver: (engine, call) =>
    answerOf(redeliver(engine, PERSON, call.input.target, idempotencyOf(call))),
  click: (engine, call) => answerOf(redeliver(engine, PERSON, call.input.target)),
  disable: (engine, call) => setStatus(engine, call, 'disabled'),
  enable: (engine, call) => setStatus(engine, call, 'enabled'),
  delete: (engine, { input }) => removeEndpoint(engine, PERSON, input.target),
  create: (engine, call) =>
    answerOf(
      addEndpoint(engine, PERSON, wantedEndpoint(call.input.place), {
        host: 'webhooks.example',
        idempotency: idempotencyOf(call),
      }),
    ),
  patch: (engine, { input }) =>
    applyChanges(engine, PERSON, input.target, wantedChanges(input.place)),
  rotate: (engine, { input }) => rotate(engine, input.target, 0),
  overlap: (engine, { input }) => rotate(engine, input.target, OVERLAP_MS),
}

function accept(engine: EngineWorld, call: ClientCall, { intake }: World): Promise<unknown> {
  const { target, webhookUrl } = call.input
  const meant = target === '' ? {} : { endpointId: target }
  const inputs = placesOf(call).map((place) => {
    const type = TYPES[place % 2] ?? TYPES[0]
    const event = { type, callId: callId(place), call: callText(place), created: undefined }
    return Object.assign(event, { webhookUrl }, meant)
  })
  const share = intake.sharing(engine, 'key')
  return answerOf(acceptBatch(engine, ORG, inputs, { idempotency: idempotencyOf(call), share }))
}

function setStatus(engine: EngineWorld, { input }: ClientCall, status: 'enabled' | 'disabled') {
  return applyChanges(engine, PERSON, input.target, { status })
}

async function rotate(engine: EngineWorld, ownerId: string, overlapMs: number): Promise<unknown> {
  if (ownerId !== ORG) return answerOf(replaceSecret(engine, PERSON, ownerId, { overlapMs }))
  return { plaintext: await answerOf(replaceDefaultSecret(engine, PERSON, { overlapMs })) }
}

async function answerOf<Answer>(once: Promise<Once<Answer>>): Promise<Answer> {
  return (await once).answer
}

/** Every third endpoint takes one type only. */
function wantedEndpoint(place: number) {
  const enabledEvents = place % 3 === 0 ? [TYPES[0]] : ['*']
  return { url: urlOf(place), description: null, enabledEvents }
}

/** What a step's `patch` asks for: another URL, other types, or another text. */
export function wantedChanges(place: number): EndpointChanges {
  if (place % 3 === 0) return { url: `${urlOf(place)}/moved` }
  return place % 3 === 1 ? { enabledEvents: [TYPES[0]] } : { description: 'changed' }
}

function idempotencyOf({ key, action, input }: ClientCall): Idempotency | undefined {
  if (key === undefined) return undefined
  return { scope: ORG, key, requestHash: `${action} ${JSON.stringify(input)}` }
}
