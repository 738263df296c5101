// Starts a receiver without a secret: it has to refuse, since an empty one is a key that anybody has.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Recipe } from './languages.ts'
import { Ended, post, startReceiver, timesHandled, type Receiver } from './receiver.ts'
import { makeForged } from './webhooks.ts'

/** What stands where a secret is to, as with a variable that is not set, or is as in an example. */
const NO_SECRETS = { unset: undefined, empty: '', 'its prefix alone': 'whsec_' }

/** What each says, and what it would print where nobody caught an error. */
const WHY = 'WEBHOOK_SECRET is not set'
const TRACE = /^\s+(?:at|from|File) /m

/** How long what it prints may take to arrive, in ms. */
const PRINT_MS = 100

/** Each way of having no secret with which the receiver starts all the same, or accepts a webhook. */
export async function findUnguarded(recipe: Recipe, folder: string): Promise<string[]> {
  const faults: string[] = []
  for (const [name, secret] of Object.entries(NO_SECRETS)) {
    const fault = await tryWithout(recipe, folder, secret)
    if (fault !== undefined) faults.push(`with the secret ${name}: ${fault}`)
  }
  return faults
}

async function tryWithout(
  { start, isHosted }: Recipe,
  folder: string,
  secret: string | undefined,
): Promise<string | undefined> {
  try {
    const receiver = await startReceiver(start, folder, secret)
    try {
      const fault = await findAnswered(receiver, secret ?? '')
      return isHosted ? fault : `it starts, ${fault ?? 'and answers 500'}`
    } finally {
      await receiver.stop()
    }
  } catch (error) {
    if (error instanceof Ended) return isHosted ? error.message : findUnclear(error)
    throw error
  }
}

/** What it does otherwise than to answer 500, and to say why. */
async function findAnswered(receiver: Receiver, secret: string): Promise<string | undefined> {
  const forged = await makeForged(secret)
  const status = await post(receiver.url, forged).catch(() => 0)
  await sleep(PRINT_MS)
  const printed = receiver.printed()
  if (timesHandled(receiver, forged.id) > 0) return 'and handles what was forged'
  if (status !== 500) return `and answers ${status}`
  return printed.includes(WHY) ? undefined : `and does not say why: ${printed}`
}

/** It ends with a failure; the line that says why is the last, after no trace. */
function findUnclear({ code, printed }: Ended): string | undefined {
  if (code === 0) return 'it ends with 0'
  const isClear = printed.trim().split('\n').at(-1)?.includes(WHY) && !TRACE.test(printed)
  return isClear ? undefined : `it ends and says: ${printed}`
}
