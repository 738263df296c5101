// The room of an isolate: how many first attempts may leave behind its requests at a time.
import { describe, expect, it } from 'vitest'
import { countRoom } from '../../../src/delivery/attempt/room.ts'
import { INVOCATION_MS } from '../../../src/delivery/attempt/window.ts'

/** So many deliveries to an endpoint of their own each, or to one. */
function guests(count: number, endpointId?: string, bytes = 2) {
  return Array.from({ length: count }, (_, place) => ({
    endpointId: endpointId ?? `endpoint ${place}`,
    url: `https://receiver.example/${place}`,
    call: 'x'.repeat(bytes),
  }))
}

describe('the room of an isolate', () => {
  it('is given to the first of those who want it, and to others when it is left', () => {
    const takeRoom = countRoom(() => 0, 5)
    const first = takeRoom(guests(3))
    expect(first.taken).toEqual(guests(3))
    expect(takeRoom(guests(3)).taken).toEqual(guests(2))
    expect(takeRoom(guests(3)).taken).toEqual([])
    first.leave()
    first.leave()
    expect(takeRoom(guests(9)).taken).toHaveLength(3)
  })

  it('has a fourth for each destination, an endpoint or the host of a URL: one that hangs leaves the rest (R2)', () => {
    const takeRoom = countRoom(() => 0, 16)
    const hanging = takeRoom(guests(9, 'hangs'))
    expect(hanging.taken).toHaveLength(4)
    expect(takeRoom(guests(1, 'hangs')).taken).toEqual([])
    const inline = guests(9).map(({ url, call }) => ({ endpointId: null, url, call }))
    expect(takeRoom(inline).taken).toHaveLength(4)
    expect(takeRoom(guests(9)).taken).toHaveLength(8)
    hanging.leave()
    expect(takeRoom(guests(9, 'hangs')).taken).toHaveLength(4)
  })

  it('is taken by the bytes of a call, too, 32 KB each', () => {
    const takeRoom = countRoom(() => 0, 40)
    expect(takeRoom(guests(9, 'large', 32_768)).taken).toHaveLength(5)
    expect(takeRoom(guests(9, undefined, 256 * 1024)).taken).toHaveLength(3)
  })

  it('is free again when an invocation that was cut off must be over', () => {
    let now = 0
    const takeRoom = countRoom(() => now, 2)
    takeRoom(guests(2))
    now = INVOCATION_MS - 1
    expect(takeRoom(guests(2)).taken).toEqual([])
    now = INVOCATION_MS
    expect(takeRoom(guests(2)).taken).toHaveLength(2)
  })
})
