// The map of what an isolate keeps in mind.
import { expect, it } from 'vitest'
import { BoundedMap } from '../src/bounded-map.ts'

it('lets what was set longest ago make room, and nothing that is there already (R1)', () => {
  const map = new BoundedMap<number>(3)
  for (const [place, key] of ['a', 'b', 'c', 'a', 'd'].entries()) map.set(key, place)
  expect([...map]).toEqual([
    ['c', 2],
    ['a', 3],
    ['d', 4],
  ])
  map.set('c', 5).delete('a')
  map.set('e', 6)
  expect([...map.keys()]).toEqual(['d', 'c', 'e'])
})

it('holds ten thousand unless it is told otherwise (R1)', () => {
  const map = new BoundedMap<number>()
  for (let place = 0; place < 10_500; place += 1) map.set(`${place}`, place)
  expect([map.size, map.has('499'), map.has('500')]).toEqual([10_000, false, true])
})
