// Starts the receiver, tells it how to answer, and reads what it wrote down.
import { open } from 'node:fs/promises'
import { startChild, type Child } from './child.ts'
import { until } from './until.ts'

const READY_WITHIN_MS = 10_000
const POLL_MS = 20

/** How a path answers; a delay beyond the attempt's limit is a receiver that hangs. `failsEach`: 3 is a 500 to each third. */
export type ReceiverRules = Record<
  string,
  { status: number; delayMs: number; body?: string; failsEach?: number }
>

/** A path without a rule, and with no rule for `*`, answers so. */
export const DEFAULT_RULE: ReceiverRules[string] = { status: 200, delayMs: 0, body: 'ok' }

/** A webhook that came: when in Unix ms with fractions, where to, its id, its body's SHA-256 and what it was answered. */
export type Receipt = { at: number; path: string; id: string; hash: string; status: number }

/** A receiver under way; `take` answers what came since it was last asked. */
export type Receiver = {
  url: string
  setRules: (rules: ReceiverRules) => Promise<void>
  take: () => Promise<Receipt[]>
  /** Takes until so many have come that `counts` is true of, and drops the others. @throws after `withinMs`. */
  takeUntil: (
    count: number,
    withinMs: number,
    counts?: (receipt: Receipt) => boolean,
  ) => Promise<Receipt[]>
  stop: () => Promise<void>
}

/** Starts a receiver that writes into `file`. */
export async function startReceiver(file: string): Promise<Receiver> {
  const script = new URL('./receiver-process.ts', import.meta.url)
  const child: Child<{ url: string }> = await startChild(script, { file }, READY_WITHIN_MS)
  const { url } = child.address
  const take = makeTake(url, file)
  return {
    url,
    take,
    setRules: async (rules) => {
      await fetch(`${url}/_rules`, { method: 'PUT', body: JSON.stringify(rules) })
    },
    takeUntil: async (count, withinMs, counts = () => true) => {
      const receipts: Receipt[] = []
      const isDone = async () => {
        receipts.push(...(await take()).filter(counts))
        return receipts.length >= count || undefined
      }
      await until(`${count} webhooks`, withinMs, POLL_MS, isDone).catch((error: Error) => {
        throw new Error(`${error.message}; ${receipts.length} came`)
      })
      return receipts
    },
    stop: child.stop,
  }
}

function makeTake(url: string, file: string): () => Promise<Receipt[]> {
  let position = 0
  return async () => {
    await fetch(`${url}/_flush`).then((response) => response.text())
    const handle = await open(file)
    try {
      const { size } = await handle.stat()
      const { buffer } = await handle.read(Buffer.alloc(size - position), 0, null, position)
      // The last line may be half written: it is left for the next time.
      const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1)
      position += whole.byteLength
      return whole.toString().split('\n').filter(Boolean).map(parseReceipt)
    } finally {
      await handle.close()
    }
  }
}

function parseReceipt(line: string): Receipt {
  const [at, path = '', id = '', hash = '', status] = line.split(' ')
  return { at: Number(at), path, id, hash, status: Number(status) }
}
