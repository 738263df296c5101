// Chance from a seed, and the process-wide sources of it that the real code reads.
import type { Restore } from './backend.ts'

/** Numbers from 0 up to 1, always the same for a seed (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    const state = this.#state
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  save(): Restore {
    const state = this.#state
    return () => {
      this.#state = state
    }
  }
}

/** HMAC-SHA-256, at once. */
export type Hmac = (key: Uint8Array, message: Uint8Array) => Uint8Array

const timeouts = new WeakMap<AbortSignal, { controller: AbortController; ms: number }>()

/** The source that `crypto.getRandomValues` reads from now on. */
let random = new Chance(0).next

/** Makes ids and secrets repeatable: they come from this source until it is called again. */
export function seedGlobals(source: () => number): void {
  random = source
}

/**
 * Replaces what would make a run differ from its repetition: random bytes, Web Crypto's HMAC (its
 * threads finish in any order), and `AbortSignal.timeout` (real time). Gives back the way to undo it.
 */
export function tameGlobals(hmac: Hmac): () => void {
  const undos = [
    replace(crypto, 'getRandomValues', fillFromSource),
    replace(crypto.subtle, 'importKey', async (_: string, key: Uint8Array) => key),
    replace(crypto.subtle, 'sign', async (_: unknown, key: Uint8Array, message: Uint8Array) =>
      hmac(key, message),
    ),
    replace(AbortSignal, 'timeout', virtualTimeout),
  ]
  return () => {
    for (const undo of undos) undo()
  }
}

/** After how many ms this signal aborts, and the means to do it; `AbortSignal.timeout` made it. */
export function timeoutOf(signal: AbortSignal): { controller: AbortController; ms: number } {
  const found = timeouts.get(signal)
  if (!found) throw new Error('a request goes out with a signal of its own')
  return found
}

function fillFromSource(bytes: Uint8Array): Uint8Array {
  for (let place = 0; place < bytes.length; place += 1) bytes[place] = random() * 256
  return bytes
}

function virtualTimeout(ms: number): AbortSignal {
  const controller = new AbortController()
  timeouts.set(controller.signal, { controller, ms })
  return controller.signal
}

function replace(target: object, name: string, value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
  return () => {
    if (original) Object.defineProperty(target, name, original)
    else Reflect.deleteProperty(target, name)
  }
}
