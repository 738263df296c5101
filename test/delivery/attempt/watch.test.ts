// What is slow, and when that is found.
import { expect, it } from 'vitest'
import { createWatch, SLOW_MS, type Watched } from '../../../src/delivery/attempt/watch.ts'

/** Watches attempts that started at these instants, of which one at a time ends after so many timers. */
async function watch(startedAt: number[], endsAfter = Infinity) {
  let clock = 0
  const slept: number[] = []
  const foundAt: number[] = []
  const set = new Set(startedAt.map((at): Watched => ({ startedAt: at, isSlow: false })))
  const sleep = async (ms: number) => {
    slept.push(ms)
    clock += ms
    if (slept.length >= endsAfter) set.clear()
  }
  const again = createWatch({ now: () => clock, sleep }, set, () => foundAt.push(clock))
  await Promise.all([again(), again()])
  return { slept, foundAt }
}

it('is slow after a second', async () => {
  expect(await watch([0])).toEqual({ slept: [SLOW_MS], foundAt: [SLOW_MS] })
})

it('is found by one timer for what started together, and by another for what started later', async () => {
  const { slept, foundAt } = await watch([0, 0, 300])
  expect(slept).toEqual([SLOW_MS, 300])
  expect(foundAt).toEqual([SLOW_MS, SLOW_MS + 300])
})

it('is not what was over by then', async () => {
  expect(await watch([0], 1)).toEqual({ slept: [SLOW_MS], foundAt: [] })
})
