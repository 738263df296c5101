// The room of an isolate: how many first attempts may leave behind its requests at a time.
import { describe, expect, it } from 'vitest'
import { countRoom } from '../../../src/delivery/attempt/room.ts'
import { INVOCATION_MS } from '../../../src/delivery/attempt/window.ts'

function refs(count: number) {
  return Array.from({ length: count }, (_, place) => ({ orgId: 'org', id: `${place}`, version: 1 }))
}

describe('the room of an isolate', () => {
  it('is given to the first of those who want it, and to others when it is left', () => {
    const takeRoom = countRoom(() => 0, 5)
    const first = takeRoom(refs(3))
    expect(first.refs).toEqual(refs(3))
    expect(takeRoom(refs(3)).refs).toEqual(refs(2))
    expect(takeRoom(refs(3)).refs).toEqual([])
    first.leave()
    expect(takeRoom(refs(9)).refs).toHaveLength(3)
  })

  it('is free again when an invocation that was cut off must be over', () => {
    let now = 0
    const takeRoom = countRoom(() => now, 2)
    takeRoom(refs(2))
    now = INVOCATION_MS - 1
    expect(takeRoom(refs(2)).refs).toEqual([])
    now = INVOCATION_MS
    expect(takeRoom(refs(2)).refs).toHaveLength(2)
  })
})
