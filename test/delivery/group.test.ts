// Requests that arrive together, and who does their work when.
import { beforeEach, describe, expect, it } from 'vitest'
import { createGroups } from '../../src/delivery/group.ts'
import { AppError, toAppError } from '../../src/errors.ts'
import type { Work, World } from '../../src/world.ts'

type Item = { text: string; weight?: number }

/** Work that was begun, and how to end it. */
type Begun = PromiseWithResolvers<void> & { texts: string[]; leader: string }

/** What a request has of the world. */
type Part = Pick<World, 'now' | 'sleep' | 'defer'>

let clock: number
let timers: { at: number; ring: () => void }[]
let deferred: Promise<unknown>[]
let begun: Begun[]
let groups: ReturnType<typeof createGroups<Item, string>>
beforeEach(() => {
  clock = 0
  timers = []
  deferred = []
  begun = []
  groups = createGroups<Item, string>({
    weigh: ({ weight = 1 }) => weight,
    maxWeight: 5,
    maxLedMs: 10_000,
  })
})

const part: Part = {
  now: () => clock,
  sleep: (ms) => new Promise((ring) => timers.push({ at: clock + ms, ring })),
  defer: (work) => deferred.push(work),
}

/** Lets whatever can go on go on. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

async function pass(ms: number): Promise<void> {
  clock += ms
  for (const { at, ring } of timers) if (at <= clock) ring()
  await rest()
}

/** A request of a caller; answers as soon as it waits. */
async function ask(
  text: string,
  item: Partial<Item> = {},
  line = 'key',
  goOn?: (result: string) => Promise<void>,
): Promise<{ answer: Promise<string> }> {
  const work: Work<Item, string> = async (items) => {
    const ending = Promise.withResolvers<void>()
    begun.push({ ...ending, texts: items.map((one) => one.text), leader: text })
    await ending.promise
    return items.map((one) => `${one.text}!`)
  }
  // The groups take no more of a world than this.
  const answer = groups.sharing(part as World, line)({ text, ...item }, work, goOn)
  answer.catch(() => {})
  await rest()
  return { answer }
}

/** Ends work in an isolate where nobody else waits: a turn passes at once. */
async function end(place: number, error?: Error): Promise<void> {
  await endBusy(place, error)
  await pass(0)
}

/** The same where others wait. */
async function endBusy(place: number, error?: Error): Promise<void> {
  const { resolve, reject } = begun[place] ?? Promise.withResolvers<void>()
  if (error) reject(error)
  else resolve()
  await rest()
}

function texts(): string[] {
  return begun.map((one) => one.texts.join(''))
}

async function codeOf(answer: Promise<string>): Promise<string> {
  return answer.catch((error: unknown) => toAppError(error).code)
}

describe('a request', () => {
  it('goes at once when nothing is under way', async () => {
    const { answer } = await ask('a')
    expect(texts()).toEqual(['a'])
    await end(0)
    expect(await answer).toBe('a!')
    await ask('b')
    expect(texts()).toEqual(['a', 'b'])
  })

  it('that arrives while work is under way goes with the others of its line after that', async () => {
    await ask('a')
    const asked = [await ask('b'), await ask('c'), await ask('d')]
    expect(texts()).toEqual(['a'])
    await end(0)
    expect(texts()).toEqual(['a', 'bcd'])
    expect(begun[1]?.leader).toBe('b')
    await end(1)
    expect(await Promise.all(asked.map(({ answer }) => answer))).toEqual(['b!', 'c!', 'd!'])
  })

  it('that waits gives way to whoever else waits in a busy isolate, for a dozen turns at most', async () => {
    const { answer } = await ask('a')
    await ask('b')
    await endBusy(0)
    expect(await answer).toBe('a!')
    for (let turn = 1; turn < 12; turn += 1) {
      await pass(5)
      expect(texts()).toEqual(['a'])
    }
    await pass(5)
    expect(texts()).toEqual(['a', 'b'])
    await ask('c')
    await endBusy(1)
    await pass(5)
    expect(texts()).toEqual(['a', 'b'])
    await pass(0)
    expect(texts()).toEqual(['a', 'b', 'c'])
  })

  it('gives way to nobody when no other of its line waits', async () => {
    await ask('a')
    await endBusy(0)
    await ask('b')
    expect(texts()).toEqual(['a', 'b'])
  })

  it('waits for nobody of another line', async () => {
    await ask('a')
    await ask('b', {}, 'other')
    expect(texts()).toEqual(['a', 'b'])
  })

  it('leads on behind the answer: its work is deferred before it begins', async () => {
    await ask('a')
    await ask('b')
    await ask('c')
    expect(deferred).toHaveLength(2)
    await end(0)
    await end(1)
    await Promise.all(deferred)
  })
})

describe('what a request goes on with', () => {
  it('is deferred, and begins with its own result', async () => {
    const heard: string[] = []
    const goOn = async (result: string) => void heard.push(result)
    await ask('a', {}, 'key', goOn)
    await ask('b', {}, 'key', goOn)
    await ask('c', {}, 'key', goOn)
    expect(deferred).toHaveLength(3 + 2)
    await end(0)
    expect(heard).toEqual(['a!'])
    await end(1)
    expect(heard).toEqual(['a!', 'b!', 'c!'])
  })

  it('begins though its answer came too late to be told', async () => {
    const heard: string[] = []
    await ask('a')
    await ask('b')
    const { answer } = await ask('c', {}, 'key', async (result) => void heard.push(result))
    await end(0)
    await pass(10_000)
    expect(await codeOf(answer)).toBe('unavailable')
    await end(1)
    expect(heard).toEqual(['c!'])
  })

  it('does not begin where there is no result', async () => {
    const heard: string[] = []
    await ask('a', {}, 'key', async (result) => void heard.push(result))
    await end(0, new Error('broken'))
    await Promise.all(deferred)
    expect(heard).toEqual([])
  })
})

describe('a group', () => {
  it('departs when it is full', async () => {
    await ask('a')
    await ask('b', { weight: 4 })
    expect(texts()).toEqual(['a'])
    await ask('c')
    expect(texts()).toEqual(['a', 'bc'])
  })

  it('departs when the next does not fit, which gathers the next group', async () => {
    await ask('a')
    await ask('b', { weight: 4 })
    await ask('c', { weight: 2 })
    await ask('d')
    expect(texts()).toEqual(['a', 'b'])
    await end(1)
    expect(texts()).toEqual(['a', 'b', 'cd'])
  })

  it('has one item alone that is too heavy for any', async () => {
    await ask('a')
    await ask('b', { weight: 9 })
    expect(texts()).toEqual(['a', 'b'])
  })

  it('departs after a second, though the work before it hangs', async () => {
    await ask('a')
    await ask('b')
    await pass(999)
    await ask('c')
    expect(texts()).toEqual(['a'])
    await pass(1)
    expect(texts()).toEqual(['a', 'bc'])
  })
})

describe('work that fails', () => {
  const tooBig = new Error('D1_ERROR: string or blob too big: SQLITE_TOOBIG')

  it('through one item’s fault is done again without it: the others are served', async () => {
    await ask('a')
    const asked = [await ask('b'), await ask('c'), await ask('d')]
    await end(0)
    await end(1, tooBig)
    await end(2)
    await end(3, tooBig)
    expect(texts()).toEqual(['a', 'bcd', 'bc', 'd'])
    const answers = await Promise.all(asked.map(({ answer }) => codeOf(answer)))
    expect(answers).toEqual(['b!', 'c!', 'internal_error'])
  })

  it('for another reason is not done again', async () => {
    await ask('a')
    const asked = [await ask('b'), await ask('c')]
    await end(0)
    await end(1, new AppError('unavailable'))
    expect(texts()).toEqual(['a', 'bc'])
    const answers = await Promise.all(asked.map(({ answer }) => codeOf(answer)))
    expect(answers).toEqual(['unavailable', 'unavailable'])
  })

  it('holds up nobody', async () => {
    await ask('a')
    await ask('b')
    await end(0, new Error('broken'))
    expect(texts()).toEqual(['a', 'b'])
  })
})

describe('a request whose leader was cut off', () => {
  it('is told within ten seconds that the outcome is not known', async () => {
    await ask('a')
    await ask('b')
    const { answer } = await ask('c')
    await end(0)
    await pass(9999)
    const early = await Promise.race([answer, rest()])
    expect(early).toBeUndefined()
    await pass(1)
    expect(await codeOf(answer)).toBe('unavailable')
  })

  it('holds up those after it for a second at most', async () => {
    await ask('a')
    await pass(1000)
    await ask('b')
    expect(texts()).toEqual(['a', 'b'])
  })

  it('while it gathered is joined by nobody a second later', async () => {
    await ask('a')
    await ask('lost')
    timers = []
    await pass(1001)
    await ask('b')
    await pass(1000)
    expect(texts()).toContain('b')
  })
})
