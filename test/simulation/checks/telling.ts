// N1: what is told of the service itself.
import type { OperationalType } from '../../../src/webhook/sample-data.ts'
import type { Row } from '../world/history.ts'
import { isTold, toldEndpoint } from '../world/set-up.ts'
import { idIn, type Evidence, type Step } from './evidence.ts'

/** An operational event's body, as far as it is looked at. */
type Told = {
  id: string
  type: string
  data: {
    endpoint?: { id: string }
    replay?: { id: string }
    secret?: { id: string }
    since?: string
    endpoint_id?: string | null
    count?: number
    deliveries?: { id: string }[]
  }
}

/**
 * What happens that somebody is told of is told as one event: a disabling, a replay that is through or pauses, an endpoint
 * that is well again; and exhausted deliveries, counted together where they are many. Nothing else is, above all
 * nothing of what tells it; and nobody is told who does not name it.
 */
export function N1(evidence: Evidence): string[] {
  const { run } = evidence
  if (run.schedule.told === 0) return []
  const told = toldIn(evidence)
  const happened = evidence.steps.flatMap((step) => occurrencesOf(evidence, step))
  const names = told.flatMap(namesOf)
  const wrong = [...new Set([...happened, ...names])].flatMap((name) => {
    const [wanted, found] = [countOf(happened, name), countOf(names, name)]
    const isRight = run.isSettled ? found === wanted : found <= wanted
    return isRight ? [] : [`${name} is told ${found} times, not ${wanted}`]
  })
  return [
    ...wrong,
    ...strangers(evidence),
    ...failing(evidence, told),
    ...undecryptable(evidence, told),
  ]
}

/** One body for each event. */
function toldIn({ requests, run }: Evidence): Told[] {
  const own = requests.filter(({ url }) => url === toldEndpoint(run.schedule).url)
  const bodies = new Map(own.map((post) => [idIn(post), post.body]))
  // Each is an event's.
  return [...bodies.values()].map((body) => JSON.parse(body) as Told)
}

const REPLAYS: Record<string, OperationalType> = {
  completed: 'replay.completed',
  paused: 'replay.paused',
}

/** What a change is that is told; whose it is that is told of all is told to nobody. */
function occurrencesOf({ run }: Evidence, { kind, id, before, row }: Step): string[] {
  const toldId = toldEndpoint(run.schedule).id
  const isOver = before?.['status'] !== row['status']
  if (!isOver || id === toldId || row['endpoint_id'] === toldId) return []
  if (kind === 'endpoints' && row['status'] === 'disabled') return [`endpoint.disabled ${id}`]
  if (kind === 'deliveries' && row['status'] === 'exhausted')
    return [`delivery.exhausted ${row['endpoint_id']}`]
  const type = kind === 'replays' ? REPLAYS[String(row['status'])] : undefined
  return type ? [`${type} ${id}`] : []
}

/** What begins and ends, and what a fault makes: they are judged by themselves. */
const APART = new Set(['endpoint.failing', 'endpoint.recovered', 'secret.undecryptable'])

/** What an event tells of, as often as it says. */
function namesOf({ type, data }: Told): string[] {
  const { count = 0, endpoint, endpoint_id: of = null, replay } = data
  if (type === 'delivery.exhausted') return Array.from({ length: count }, () => `${type} ${of}`)
  if (APART.has(type)) return []
  return [`${type} ${endpoint?.id ?? replay?.id}`]
}

function countOf(names: string[], name: string): number {
  return names.filter((one) => one === name).length
}

const EXHAUSTED = 'delivery.exhausted'

/** Operational deliveries of anybody but who is told; and of deliveries that are told of those that are such. */
function strangers(evidence: Evidence): string[] {
  const { id } = toldEndpoint(evidence.run.schedule)
  const made = evidence.changesOf('deliveries').filter(({ before }) => !before)
  const misled = made.filter(({ id: one, row }) => isTold(one) !== (row['endpoint_id'] === id))
  // Those of whoever is told are told to nobody else here: what is noted says it.
  const noted = evidence.changesOf('notices').filter(({ row }) => row['type'] === EXHAUSTED)
  // A list of objects, each with its delivery's id.
  const listed = noted.flatMap(({ row }) => JSON.parse(String(row['data'])) as { id: string }[])
  return [
    ...misled.map((one) => `${one.row['endpoint_id']} gets ${one.row['event_type']}`),
    ...listed.flatMap((one) =>
      isTold(one.id) ? [`${one.id} is told of, which tells itself`] : [],
    ),
  ]
}

/** An endpoint is told to fail once for each time that it is unwell, and once to be well again when that is over. */
function failing(evidence: Evidence, told: Told[]): string[] {
  const begun = told.filter(({ type }) => type === 'endpoint.failing')
  const ended = told.filter(({ type }) => type === 'endpoint.recovered').map(nameOf)
  const names = begun.map(nameOf)
  const twice = [...names, ...ended.map((name) => `${name} no more`)].filter(
    (name, place, all) => all.indexOf(name) < place,
  )
  const untrue = begun.filter((one) => !wasUnwell(evidence, one))
  const early = ended.filter((name) => !names.includes(name))
  const left = begun.filter((one) => isWell(evidence, one) && !ended.includes(nameOf(one)))
  return [
    ...twice.map((name) => `${name} is told again`),
    ...untrue.map((one) => `${nameOf(one)} is not so`),
    ...early.map((name) => `${name} is told to be over, and was not told`),
    ...(evidence.run.isSettled ? left : []).map((one) => `${nameOf(one)} is over, and not told`),
  ]
}

function nameOf({ data: { endpoint, since } }: Told): string {
  return `that ${endpoint?.id} fails since ${since}`
}

/** Longer than so many ms, as a second is all that is told of an instant. */
const FAILING_MS = 59_000

function wasUnwell(evidence: Evidence, { id: toldId, data: { endpoint, since } }: Told): boolean {
  const toldAt = evidence.statesOf('deliveries', toldId)[0]?.at ?? 0
  return evidence.statesOf('endpoints', endpoint?.id ?? '').some(({ row }) => {
    const unwellAt = Number(row['unwell_since'])
    return secondOf(unwellAt) === since && toldAt - unwellAt >= FAILING_MS
  })
}

function secondOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function isWell(evidence: Evidence, { data: { endpoint } }: Told): boolean {
  const row: Row | undefined = evidence.rowAt('endpoints', endpoint?.id, Infinity)
  return row?.['status'] === 'enabled' && row['unwell_since'] === null && row['pace'] === null
}

/** That a secret does not open is told once a day of each: no run in which one does not takes longer. */
function undecryptable({ run }: Evidence, told: Told[]): string[] {
  const ids = told.flatMap(({ data }) => data.secret?.id ?? [])
  const isPossible = run.schedule.faults.some(({ call }) => call.includes('.vault'))
  const wrong = ids.filter((id, place) => !isPossible || ids.indexOf(id) < place)
  return wrong.map((id) => `that secret ${id} does not open is told`)
}
