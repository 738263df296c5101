// Clients of the API, as they are: after an error they do not know, and ask again.
import {
  addEndpoint,
  applyChanges,
  removeEndpoint,
  replaceSecret,
} from '../../../src/account/endpoints.ts'
import { removeOrg } from '../../../src/account/orgs.ts'
import { replaceDefaultSecret } from '../../../src/account/secrets.ts'
import { EVERY_ORG } from '../../../src/db/account/stops.ts'
import type { EndpointChanges } from '../../../src/db/account/endpoint-changes.ts'
import type { Terms } from '../../../src/db/lifecycle/redeliver.ts'
import { acceptBatch } from '../../../src/delivery/accept.ts'
import { newId } from '../../../src/db/ids.ts'
import { discard } from '../../../src/delivery/discard.ts'
import { forget } from '../../../src/delivery/forget.ts'
import { redeliver } from '../../../src/delivery/redeliver.ts'
import { AppError } from '../../../src/errors.ts'
import { pushMove, requestMove } from '../../../src/move/move.ts'
import type { World as EngineWorld } from '../../../src/world.ts'
import { callId, filterOf, placeIn } from '../model/filters.ts'
import { DATABASES } from '../outside/backend.ts'
import { urlOf } from '../outside/receiver.ts'
import type { Action, Schedule, Step } from '../schedules/schedule.ts'
import { answerOf, HOST, idempotencyOf, PERSON, withKeyOf, type Act } from './asking.ts'
import type { ClientCall, Row } from './history.ts'
import { homeOf } from './homes.ts'
import { beginToListen } from './listeners.ts'
import { DOWN_MS } from './outages.ts'
import { isControl, RANGE_ACTS } from './range-acts.ts'
import { crowd, isOfOperator, STOP_ACTS } from './stop-acts.ts'
import { ORG, type World } from './world.ts'

/** A client asks again so many ms after an error. */
const PATIENCE_MS = 1000

/** A client asks so often in all. */
const MAX_TRIES = 4

/** The operator asks so often in all: longer than a database is out of reach. */
const MAX_OPERATOR_TRIES = 200

/** How long the secrets before an `overlap` go on signing, in ms. */
export const OVERLAP_MS = 3_600_000

/** What a `readdress` asks for beside another attempt. */
export const READDRESSED = { to: 'current', reason: 'it has moved' } as const

/** Why a `discard` is asked for. */
export const DISCARD_REASON = 'it has gone stale'

/** What is asked with an Idempotency-Key. */
const WITH_KEY = new Set<Action>([
  'event',
  'batch',
  'redeliver',
  'readdress',
  'discard',
  'create',
  'replay',
  'copy',
  'elsewhere',
  'recover',
  'pause',
  'resume',
  'cancel',
])

/** What cannot be asked again without doing it twice. */
const ASKED_ONCE = new Set<Action>(['bare', 'test', 'click'])

/** More than a schedule has steps. */
const STEPS = 1000

/** The events' types, in turn. */
const TYPES = ['call.completed', 'call.failed'] as const

/** A call as a producer sends it: on one line, and nothing in it survives a parser unchanged. */
export function callText(place: number, { calls }: Pick<Schedule, 'calls'>): string {
  return `{"id":"${callId(place, calls)}","10":1.0,"2":9007199254740993,"name":"\\u00e9\\/é","a":1e400,"a":null}`
}

/** The numbers of a call's events: the first has its step's own. */
export function placesOf({ input }: ClientCall): number[] {
  return Array.from({ length: input.size }, (_, index) => input.place + index * STEPS)
}

/** The number of the step that an event came with; undefined when it is none of ours. */
export function placeOf(event: Row): number {
  return placeIn(String(event['call_id'] ?? event['listed_under']))
}

/** Does one step, and again until it is answered; `place` numbers the steps from 1. */
export async function act(world: World, step: Step, place: number): Promise<void> {
  const { action } = step
  if (action === 'purge') return world.purge()
  if (action === 'upkeep' || action === 'count') return world.visit(action)
  if (action === 'down') {
    world.outages.begin(step.target)
    return world.disturb(DOWN_MS)
  }
  if (action === 'crowd' || action === 'calm') return crowd(world, step)
  if (action === 'move') return move(world, step.target, place)
  if (action === 'listen') return beginToListen(world)
  const target = await targetOf(world, step)
  if (target === undefined) return
  const intention = `${action}#${place}`
  const key = WITH_KEY.has(action) ? intention : undefined
  const webhookUrl = world.schedule.endpoints === 0 ? urlOf(0) : null
  const first = world.actor(action, 'api')
  for (let attempt = 1; attempt <= triesOf(action); attempt += 1) {
    const actor = attempt === 1 ? first : world.actor(first.name, 'api', `~${attempt}`)
    const size = action === 'batch' ? step.target : 1
    const input = { target, size, rate: step.target, place, webhookUrl }
    const isFinal = await ask(world, newCall(world, { actor, action, intention, key, input }))
    if (isFinal || ASKED_ONCE.has(action)) return
    await world.clock.sleep(PATIENCE_MS)
  }
}

/** The operator asks until it is done, or nobody would be held, or let go. */
function triesOf(action: Action): number {
  return isOfOperator(action) || action === 'erase' ? MAX_OPERATOR_TRIES : MAX_TRIES
}

/** The operator asks until the move is over; what is left undone the cron does. */
async function move(world: World, target: number, place: number): Promise<void> {
  const to = DATABASES[(target - 1) % DATABASES.length] ?? 'DB'
  const entryId = newId(world.clock.now)
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const actor = world.actor(`move${place}`, 'sweep', `~${attempt}`)
    const died = new Promise<void>((resolve) => world.whenDead(actor, resolve))
    const isOver = askToMove(world.engine(actor), to, entryId).catch(
      (error: unknown) => error instanceof AppError && error.status < 500,
    )
    if (await Promise.race([isOver, died])) return
    await world.clock.sleep(PATIENCE_MS)
  }
}

async function askToMove(engine: EngineWorld, to: string, entryId: string): Promise<boolean> {
  const asked = { entryId, ip: null, requestId: '' }
  const begun = await requestMove(engine, ORG, to, asked)
  return (await pushMove(engine, begun)).phase === 'over'
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

/** Whether it asks for another attempt. */
export function isRedelivery(action: string): boolean {
  return ['redeliver', 'click', 'readdress'].includes(action)
}

/** The id of the endpoint, delivery, event or replay that a step is about; undefined when there is none yet. */
async function targetOf(
  { backend, history }: World,
  { action, target }: Step,
): Promise<string | undefined> {
  if (['event', 'bare', 'batch', 'create', 'replay', 'copy', 'recover'].includes(action)) return ''
  if (isOfOperator(action) || action === 'erase') return ORG
  if (action === 'rotate' && target === 0) return ORG
  const place = action === 'limit' || action === 'order' ? 1 : target
  const sql = `SELECT id FROM ${tableOf(action)} ORDER BY id`
  const rows = await backend.rows({ sql, values: [], database: homeOf(history) })
  const row = action === 'repace' ? rows.at(-1) : rows[(Math.max(place, 1) - 1) % rows.length]
  return row && String(row['id'])
}

function tableOf(action: Action): string {
  if (action === 'forget') return 'events'
  if (isRedelivery(action) || action === 'elsewhere') return 'deliveries'
  return isControl(action) ? 'replays' : 'endpoints'
}

const ACTS: Record<ClientCall['action'], Act> = {
  event: accept,
  bare: accept,
  batch: accept,
  test: accept,
  redeliver: (engine, call, world) => redeliverTogether(engine, call, world, {}),
  readdress: (engine, call, world) => redeliverTogether(engine, call, world, READDRESSED),
  click: (engine, call) => answerOf(redeliver(engine, PERSON, call.input.target)),
  discard: (engine, call) =>
    answerOf(
      discard(engine, PERSON, {
        filter: { endpointId: call.input.target },
        reason: DISCARD_REASON,
        ...withKeyOf(call),
      }),
    ),
  forget: (engine, { input }) => forget(engine, PERSON, input.target),
  disable: (engine, call) => setStatus(engine, call, 'disabled'),
  enable: (engine, call) => setStatus(engine, call, 'enabled'),
  delete: (engine, { input }) => removeEndpoint(engine, PERSON, input.target),
  create: (engine, call) =>
    answerOf(
      addEndpoint(engine, PERSON, wantedEndpoint(call.input.place), {
        host: HOST,
        ...withKeyOf(call),
      }),
    ),
  patch: (engine, { input }, { schedule }) =>
    applyChanges(engine, PERSON, input.target, wantedChanges(input.place, schedule)),
  limit: (engine, { input }) =>
    applyChanges(engine, PERSON, input.target, { maxPerSecond: input.rate || null }),
  order: (engine, { input }) =>
    applyChanges(engine, PERSON, input.target, { orderingMaxWait: input.rate || null }),
  rotate: (engine, { input }) => rotate(engine, input.target, 0),
  overlap: (engine, { input }) => rotate(engine, input.target, OVERLAP_MS),
  ...RANGE_ACTS,
  ...STOP_ACTS,
  erase: (engine) => removeOrg(engine, { ...PERSON, orgId: EVERY_ORG }, ORG),
}

function accept(engine: EngineWorld, call: ClientCall, world: World): Promise<unknown> {
  const { target, webhookUrl } = call.input
  const { schedule } = world
  const meant = target === '' ? {} : { endpointId: target }
  const inputs = placesOf(call).map((place) => {
    const type = TYPES[place % 2] ?? TYPES[0]
    const about = { callId: callId(place, schedule.calls), call: callText(place, schedule) }
    const event = { type, ...about, created: undefined }
    return Object.assign(event, { webhookUrl }, meant)
  })
  const share = world.isolateOf(call.actor).intake.sharing(engine, 'key')
  return answerOf(acceptBatch(engine, ORG, inputs, { idempotency: idempotencyOf(call), share }))
}

function redeliverTogether(engine: EngineWorld, call: ClientCall, world: World, terms: Terms) {
  const share = world.isolateOf(call.actor).redeliveries.sharing(engine, 'key')
  const how = { ...terms, idempotency: idempotencyOf(call), share }
  return answerOf(redeliver(engine, PERSON, call.input.target, how))
}

function setStatus(engine: EngineWorld, { input }: ClientCall, status: 'enabled' | 'disabled') {
  return applyChanges(engine, PERSON, input.target, { status })
}

async function rotate(engine: EngineWorld, ownerId: string, overlapMs: number): Promise<unknown> {
  if (ownerId !== ORG) return answerOf(replaceSecret(engine, PERSON, ownerId, { overlapMs }))
  return { plaintext: await answerOf(replaceDefaultSecret(engine, PERSON, { overlapMs })) }
}

/** Every third endpoint takes one type only. */
function wantedEndpoint(place: number) {
  const enabledEvents = place % 3 === 0 ? [TYPES[0]] : ['*']
  return { url: urlOf(place), description: null, enabledEvents, filter: null }
}

/** What a step's `patch` asks for: another URL, other types, or another text; where there are filters another one. */
export function wantedChanges(
  place: number,
  { filters }: Pick<Schedule, 'filters'>,
): EndpointChanges {
  if (filters > 0) return { filter: filterOf(place) }
  if (place % 3 === 0) return { url: `${urlOf(place)}/moved` }
  return place % 3 === 1 ? { enabledEvents: [TYPES[0]] } : { description: 'changed' }
}
