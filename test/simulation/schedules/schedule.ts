// A schedule: all that decides how a simulation runs, as data and as one line of text.

/**
 * What happens from outside. `bare` and `click` are an event and a redelivery without Idempotency-Key;
 * `readdress` is a redelivery to the endpoint's present URL, `discard` ends what is pending of one, `forget` deletes the payload of the so many-th event; `batch` is so many events in one request, `test` an event for one endpoint, `patch` a change of one;
 * `overlap` is a rotation that lets the secrets before it go on; `purge` loses all that is queued;
 * `upkeep` is the pruning of what is old, `count` the roll-up for the charts. `move` takes the org to a
 * database, the first or the second; `down` takes one out of reach for two minutes. `replay` has all that there
 * is replayed, at so many a second, `copy` to another URL, `recover` makes what endpoints have missed, too; `elsewhere` redelivers one there; `pause`, `resume` and `cancel` are of the so many-th replay, `repace` gives the
 * last one another rate. `stop` is the operator's, of the org, of everything (2), or of a receiver's host (3 and more), and `lift` takes it
 * away; from `crowd` until `calm` the same host has no turn for anybody. `listen` has somebody listen where that is to be done, now, and in each minute in which anything is offered there.
 * away; `limit` says how many a second the first endpoint takes, `order` for how many seconds at most what it gets waits for what was before it of its call, 0 takes either away; `erase` is the operator’s, too, and deletes the org: then another one is there as well. `listen` has somebody listen where that is to be done, now, and in each minute in which anything is offered there.
 */
export const ACTIONS = [
  'event',
  'bare',
  'batch',
  'test',
  'redeliver',
  'click',
  'readdress',
  'discard',
  'forget',
  'disable',
  'enable',
  'delete',
  'create',
  'patch',
  'rotate',
  'overlap',
  'purge',
  'upkeep',
  'count',
  'move',
  'down',
  'replay',
  'recover',
  'pause',
  'resume',
  'cancel',
  'repace',
  'copy',
  'elsewhere',
  'listen',
  'stop',
  'lift',
  'crowd',
  'calm',
  'erase',
  'limit',
  'order',
] as const

/** One of ACTIONS. */
export type Action = (typeof ACTIONS)[number]

/**
 * One action; `target` counts endpoints or deliveries from 1, or is the number of a batch's events, or a
 * rate. `at` is in seconds after the start, or
 * names a call that leaves the process: the action goes first, the call waits for a second.
 */
export type Step = { action: Action; target: number; at: number | string }

/** What a receiver answers: a status (429 with Retry-After), never, or with a broken connection. */
export const ANSWERS = ['200', '204', '302', '404', '429', '500', 'hang', 'break'] as const

/** One of ANSWERS. */
export type Answer = (typeof ANSWERS)[number]

/** One fault, at one call: `consumer1.db2`, or with `*` for any number, at each of them. */
export type Fault = { call: string; kind: string }

/** All that decides how a simulation runs. */
export type Schedule = {
  /** The retry schedule's waits in seconds. */
  waits: number[]
  /** How many databases there are: one, or two. The org is in the first. */
  databases: number
  /** Endpoints at the start; 0: events carry a webhook_url of their own. */
  endpoints: number
  /** So many of these, the first ones, are listened to: nothing is sent there. */
  listened: number
  /** So many of these, the last ones, have headers of their own. */
  headers: number
  /** So many of these, the first ones, have a filter; then `patch` gives another one. */
  filters: number
  /** So many requests a second the first of these takes; 0: as many as there are. */
  limit: number
  /** For so many seconds at most what is sent to the first of these waits for what was before it of its call; 0: it does not. */
  order: number
  /** So many calls the events are about, in turn; 0: each about one of its own. */
  calls: number
  /** 1: one endpoint more is told what happens to the service, and nothing else; it comes after the others. */
  told: number
  /** How far the clocks of the API, the consumers and the sweeps are off, in seconds. */
  skew: number[]
  /** Consecutive exhausted deliveries that disable an endpoint. */
  disable: number
  /** First attempts that may leave behind requests at a time; 0: all take the queue. */
  room: number
  /** What an isolate sends down the fresh lane at once. */
  share: number
  /** 0: every call takes as long as any other of its kind. Else durations and order are by chance. */
  seed: number
  steps: Step[]
  /** The answers of each endpoint's receiver, in order; the last one goes on. */
  answers: Answer[][]
  faults: Fault[]
}

/** Whether an endpoint has a pace of its own in a run, at some time. */
export function isLimited({ limit, steps }: Pick<Schedule, 'limit' | 'steps'>): boolean {
  return limit > 0 || steps.some(({ action }) => action === 'limit')
}

/** Whether an endpoint gets the events of a call in order in a run, at some time. */
export function isOrdered({ order, steps }: Pick<Schedule, 'order' | 'steps'>): boolean {
  return order > 0 || steps.some(({ action }) => action === 'order')
}

/** Whether the org is deleted in a run. */
export function isErased({ steps }: Pick<Schedule, 'steps'>): boolean {
  return steps.some(({ action }) => action === 'erase')
}

/** What a schedule is unless it says otherwise. */
const DEFAULTS: Schedule = {
  waits: [60, 300],
  databases: 1,
  endpoints: 1,
  listened: 0,
  headers: 0,
  filters: 0,
  limit: 0,
  order: 0,
  calls: 0,
  told: 0,
  skew: [0, 0, 0],
  disable: 10,
  room: 256,
  share: 1000,
  seed: 0,
  steps: [],
  answers: [['200']],
  faults: [],
}

/** One line, short, that `parseSchedule` reads back: `settings | steps | answers | faults`. */
export function formatSchedule(schedule: Schedule): string {
  const settings = NUMBERS.filter((name) => String(schedule[name]) !== String(DEFAULTS[name]))
  return [
    settings.map((name) => `${name}=${String(schedule[name])}`).join(' '),
    schedule.steps.map(formatStep).join(' '),
    schedule.answers.map((one) => one.join(',')).join(' '),
    schedule.faults.map(({ call, kind }) => `${call}=${kind}`).join(' '),
  ]
    .join(' | ')
    .trim()
}

/** @throws Error naming the word that makes no sense. */
export function parseSchedule(text: string): Schedule {
  const [settings = [], steps = [], answers = [], faults = []] = text
    .split('|')
    .map((part) => part.split(/\s+/).filter((word) => word !== ''))
  return {
    ...DEFAULTS,
    ...Object.fromEntries(settings.map(parseSetting)),
    steps: steps.map(parseStep),
    answers: answers.map((word) => word.split(',').map((one) => memberOf(ANSWERS, one, word))),
    faults: faults.map((word) => {
      const [call = '', kind = ''] = word.split('=')
      return { call, kind }
    }),
  }
}

const NUMBERS = [
  'waits',
  'databases',
  'endpoints',
  'listened',
  'headers',
  'filters',
  'limit',
  'order',
  'calls',
  'told',
  'skew',
  'disable',
  'room',
  'share',
  'seed',
] as const

function formatStep({ action, target, at }: Step): string {
  return `${action}${target === 1 ? '' : `:${target}`}@${at}`
}

function parseSetting(word: string): [string, number | number[]] {
  const [name = '', value = ''] = word.split('=')
  const numbers = value.split(',').map(Number)
  if (numbers.some(Number.isNaN)) throw new Error(`no numbers: ${word}`)
  const known = memberOf(NUMBERS, name, word)
  return [known, Array.isArray(DEFAULTS[known]) ? numbers : Number(value)]
}

function parseStep(word: string): Step {
  const [what = '', at = ''] = word.split('@')
  const [action = '', target = '1'] = what.split(':')
  const seconds = Number(at)
  return {
    action: memberOf(ACTIONS, action, word),
    target: Number(target),
    at: Number.isNaN(seconds) ? at : seconds,
  }
}

function memberOf<T extends string>(all: readonly T[], text: string, word: string): T {
  const found = all.find((one) => one === text)
  if (!found) throw new Error(`unknown: ${word}`)
  return found
}
