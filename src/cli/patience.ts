// Waiting for a service that does not answer now.
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from './exit.ts'

/** How soon it is asked again at the earliest, and at the latest whatever it says, in ms. */
const SOONEST_MS = 2000
const LATEST_MS = 3_600_000

/**
 * Asks until there is an answer, as soon as the service allows; `say` is told once why there is none yet.
 * @throws CommandError for what no waiting mends.
 */
export async function insist<Answer>(
  ask: () => Promise<Answer>,
  say: (text: string) => void,
): Promise<Answer> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof CommandError) || !error.isPassing) throw error
      if (!isTold) say(`${error.message}\nGoing on as soon as it answers.`)
      await sleep(Math.min(Math.max(error.waitMs ?? 0, SOONEST_MS), LATEST_MS))
    }
  }
}
