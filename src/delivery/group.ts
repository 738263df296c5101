// Groups: requests that arrive together have their work done together, by one of them for all.
import { isStatementFault } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Groups, Share, Work, World } from '../world.ts'

/** What a group may hold. */
export type GroupLimits<Item> = {
  /** What an item weighs, and a group at most; an item that weighs more goes alone. */
  weigh: (item: Item) => number
  maxWeight: number
  /** Whoever is led waits for so many ms at most: its leader may have been cut off. */
  maxLedMs: number
}

/** A group gathers for so many ms at most: work that hangs holds up nobody else's. */
const MAX_GATHERING_MS = 1000

/** Turns for which a line gives way to others at most, and in how many ms one has passed where none waits. */
const MAX_TURNS = 12
const IDLE_MS = 2

/** A client that is led waits for so many ms at most. */
export const MAX_LED_MS = 10_000

type Member<Item, Result> = { item: Item; answer: PromiseWithResolvers<Result> }

type Group<Item, Result> = {
  members: Member<Item, Result>[]
  /** The weight that is left. */
  room: number
  /** Until when it is believed to gather, and once it has departed to be under way, in Unix ms. */
  until: number
  departure: PromiseWithResolvers<void>
}

/** Behind the group that departed last, at most one gathers. */
type Line<Item, Result> = {
  gathering?: Group<Item, Result> | undefined
  underWay?: Group<Item, Result> | undefined
}

/**
 * Makes the groups of an isolate. Who finds nothing under way in its line goes at once; what arrives
 * meanwhile gathers, and goes together when that is over and whoever else waits in a busy isolate had some
 * turns, when it is full, or after a second. The first of a group leads. It does the work in its own context, which `defer` keeps alive when its client is
 * gone: to the runtime, I/O belongs to the request that began it. The others wait, each for a promise
 * that it made itself: such a one may be settled by another request, and goes on where it was made
 * (compatibility flag `handle_cross_request_promise_resolution`, on by its date: 2024-10-14).
 *
 * What is one item's fault costs the others nothing: a group whose work is refused goes again in halves.
 * Whose leader was cut off is told `unavailable` after a while: it is not known what was done.
 */
export function createGroups<Item, Result>(limits: GroupLimits<Item>): Groups<Item, Result> {
  const lines = new Map<string, Line<Item, Result>>()
  return {
    sharing: (world, lineName) => (item, work, goOn) => {
      const line = lines.get(lineName) ?? {}
      lines.set(lineName, line)
      const now = world.now()
      const weight = limits.weigh(item)
      const { gathering } = line
      // One that should have departed by now has lost its leader.
      if (gathering && weight <= gathering.room && now <= gathering.until) {
        const answer = join(gathering, item, weight)
        follow(world, answer, goOn)
        if (gathering.room <= 0) depart(line, gathering, now)
        return inTime(world, answer, limits.maxLedMs)
      }
      if (gathering) depart(line, gathering, now)
      const group = open<Item, Result>(limits.maxWeight, now)
      const answer = join(group, item, weight)
      follow(world, answer, goOn)
      world.defer(lead(world, line, group, work).then(() => forget(lineName, line)))
      return answer
    },
  }

  function forget(name: string, line: Line<Item, Result>): void {
    const isIdle = !line.gathering && !line.underWay
    if (isIdle && lines.get(name) === line) lines.delete(name)
  }
}

function open<Item, Result>(room: number, now: number): Group<Item, Result> {
  const departure = Promise.withResolvers<void>()
  return { members: [], room, until: now + MAX_GATHERING_MS, departure }
}

function join<Item, Result>(
  group: Group<Item, Result>,
  item: Item,
  weight: number,
): Promise<Result> {
  const answer = Promise.withResolvers<Result>()
  group.members.push({ item, answer })
  group.room -= weight
  return answer.promise
}

/** Whoever has its answer goes on behind it, though its client is gone, or was told that it took too long. */
function follow<Result>(
  world: World,
  answer: Promise<Result>,
  goOn: ((result: Result) => Promise<void>) | undefined,
): void {
  if (goOn) world.defer(answer.then(goOn, () => {}))
}

async function lead<Item, Result>(
  world: World,
  line: Line<Item, Result>,
  group: Group<Item, Result>,
  work: Work<Item, Result>,
): Promise<void> {
  const { underWay } = line
  const isBusy = underWay !== undefined && world.now() < underWay.until
  if (isBusy && group.room > 0) {
    line.gathering = group
    await Promise.race([group.departure.promise, world.sleep(MAX_GATHERING_MS)])
    if (line.gathering === group) depart(line, group, world.now())
  } else depart(line, group, world.now())
  await answerAll(work, group.members)
  if (line.gathering) await giveWay(world)
  if (line.underWay !== group) return
  line.underWay = undefined
  if (line.gathering) depart(line, line.gathering, world.now())
}

/**
 * Lets others of the isolate go first, until a turn has passed at once: above all the first attempts of what
 * was stored before, each of which has several turns to take. A busy isolate would accept and accept, and
 * what it has accepted would stay where it is.
 */
async function giveWay({ now, sleep }: Pick<World, 'now' | 'sleep'>): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const at = now()
    await sleep(0)
    if (now() - at < IDLE_MS) return
  }
}

/** Closes the group; its leader hears of it. */
function depart<Item, Result>(
  line: Line<Item, Result>,
  group: Group<Item, Result>,
  now: number,
): void {
  if (line.gathering === group) line.gathering = undefined
  line.underWay = group
  group.until = now + MAX_GATHERING_MS
  group.departure.resolve()
}

/** Never throws: whoever is left without an answer is told why. */
async function answerAll<Item, Result>(
  work: Work<Item, Result>,
  members: Member<Item, Result>[],
): Promise<void> {
  try {
    const results = await work(members.map(({ item }) => item))
    for (const [place, result] of results.entries()) members[place]?.answer.resolve(result)
  } catch (error) {
    if (members.length > 1 && isStatementFault(error)) {
      const middle = Math.ceil(members.length / 2)
      await answerAll(work, members.slice(0, middle))
      await answerAll(work, members.slice(middle))
    } else for (const { answer } of members) answer.reject(error)
  }
}

/** @throws AppError `unavailable` when the answer takes too long. */
function inTime<Result>(world: World, answer: Promise<Result>, ms: number): Promise<Result> {
  const tooLate = world.sleep(ms).then(() => {
    throw new AppError('unavailable', { headers: { 'Retry-After': '2' } })
  })
  return Promise.race([answer, tooLate])
}

/** For who has nobody to share with. */
export function alone<Item, Result>(world: World): Share<Item, Result> {
  return async function doAlone(item, work, goOn) {
    const [result] = await work([item])
    if (result === undefined) throw new Error('work answers each item')
    if (goOn) world.defer(goOn(result))
    return result
  }
}
