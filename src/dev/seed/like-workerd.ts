// Makes Node like workerd where the service feels the difference.
import { createHmac, timingSafeEqual } from 'node:crypto'

const controllers = new WeakMap<AbortSignal, AbortController>()

AbortSignal.timeout = () => {
  const controller = new AbortController()
  controllers.set(controller.signal, controller)
  return controller.signal
}

/** What ends the time of a signal that `AbortSignal.timeout` made. */
export function limitOf(signal: AbortSignal): AbortController | undefined {
  return controllers.get(signal)
}

const importKey = crypto.subtle.importKey.bind(crypto.subtle)

// Node has another thread do each of these, which takes longer than all the rest of an attempt.
Object.assign(crypto.subtle, {
  timingSafeEqual,
  async importKey(...args: Parameters<typeof importKey>) {
    const [, key, algorithm] = args
    const isHmac = typeof algorithm === 'object' && algorithm.name === 'HMAC'
    return isHmac ? key : importKey(...args)
  },
  async sign(_: 'HMAC', key: Uint8Array, message: Uint8Array) {
    return createHmac('sha256', key).update(message).digest()
  },
})
