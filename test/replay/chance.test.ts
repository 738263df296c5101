// A replay under all that can happen to it at once, by chance: in the end each delivery was redelivered by it once.
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { World, type Json } from '../world.ts'
import { faulty, isStepWrite, type Fault } from './faulty.ts'
import { change, createEndpoints, idOf, replay, send, start, store } from './range.ts'

const SECOND = 1000
const COUNT = 60

/** Numbers from 0 up to 1, the same ones for a seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A replay of COUNT deliveries over two endpoints, and what happens to it. */
class Course {
  readonly #world: World
  readonly #random: () => number
  readonly #endpoints: string[]
  /** How often a person has redelivered each. */
  readonly persons = new Map<string, number>()
  id = ''
  #fault: Fault

  constructor(world: World, endpoints: string[], seed: number) {
    this.#world = world
    this.#endpoints = endpoints
    this.#random = chance(seed)
    world.db = faulty(env.DB, (text) => {
      if (!isStepWrite(text)) return undefined
      const fault = this.#fault
      this.#fault = undefined
      return fault
    })
  }

  /** Something that may happen in a second. */
  async happen(): Promise<void> {
    const acts: [number, () => unknown][] = [
      [0.15, () => this.#lose()],
      [0.15, () => this.#double()],
      [0.08, () => this.#patch('disabled')],
      [0.15, () => this.#patch('enabled')],
      [0.06, () => this.#pause()],
      [0.2, () => this.resume()],
      [0.06, () => this.#change()],
      [0.15, () => this.#redeliver()],
      [0.15, () => (this.#fault = this.#random() < 0.5 ? 'answer' : 'call')],
      [0.03, () => this.#world.retry.splice(0)],
    ]
    for (const [likelihood, act] of acts) {
      if (this.#random() < likelihood) await act()
    }
  }

  #lose(): void {
    this.#world.retry.splice(this.#place(), 1)
  }

  #double(): void {
    const one = this.#world.retry[this.#place()]
    if (one) this.#world.retry.push({ ...one })
  }

  #place(): number {
    return Math.floor(this.#random() * this.#world.retry.length)
  }

  async #patch(status: string): Promise<void> {
    await this.#world.call('PATCH', `/v1/webhook_endpoints/${this.#endpoints[0]}`, { status })
  }

  async #pause(): Promise<void> {
    const { status } = await replay(this.id)
    if (status === 'running') await change(this.id, `status = 'paused', next_step_at = NULL`)
  }

  async resume(): Promise<void> {
    if ((await replay(this.id)).status !== 'paused') return
    const { clock } = this.#world
    await change(this.id, `status = 'running', next_step_at = ${clock}`)
    if (this.#random() < 0.7) send(this.#world, this.id, (await replay(this.id)).step)
  }

  async #change(): Promise<void> {
    await change(this.id, `rate_per_second = ${1 + Math.floor(this.#random() * 9)}`)
  }

  async #redeliver(): Promise<void> {
    const id = idOf(Math.floor(this.#random() * COUNT))
    const { status } = await this.#world.redeliver(id)
    if (status === 200) this.persons.set(id, (this.persons.get(id) ?? 0) + 1)
  }
}

it.each(Array.from({ length: 12 }, (_, seed) => seed))(
  'each delivery is redelivered once, or counted as passed by, whatever happens: %i (Y1, Y3, Y5)',
  async (seed) => {
    const world = await World.create()
    const endpoints = await createEndpoints(world, 2)
    await store(world, endpoints, COUNT)
    const course = new Course(world, endpoints, seed)
    course.id = await start(world, { rate: 3, total: COUNT })
    for (let second = 0; second < 60; second += 1) {
      await course.happen()
      await world.pass(SECOND)
    }
    world.db = env.DB
    await course.resume()
    await world.pass(600 * SECOND)
    const done = await replay(course.id)
    expect(done.status).toBe('completed')
    const { results } = await env.DB.prepare(
      'SELECT id, manual_retry_count AS n FROM deliveries',
    ).all<Json>()
    const times = results.map(({ id, n }) => n - (course.persons.get(id) ?? 0))
    expect(times.every((count) => count === 0 || count === 1)).toBe(true)
    expect(times.filter((count) => count === 1)).toHaveLength(done.replayed)
    const left = results.filter(({ n }) => n === 0)
    const { changed = 0, endpoint_disabled: closed = 0 } = done.skipped
    expect(left.length).toBeLessThanOrEqual(closed)
    expect(done.replayed + closed + changed).toBeLessThanOrEqual(COUNT)
  },
)
