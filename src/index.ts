// The Worker's three doors: fetch, queue and scheduled.
import { pruneSessions } from './account/sessions.ts'
import { createApp } from './api/app.ts'
import { createDashboard } from './dashboard/app.tsx'
import type { DeliveryRef } from './db/engine/attempts.ts'
import { consume } from './delivery/consume.ts'
import { buryDeadLetters } from './delivery/upkeep/dead-letters.ts'
import { enforceRetention } from './delivery/upkeep/retention.ts'
import { countDeliveries } from './delivery/upkeep/roll-up.ts'
import { rewrapSecrets } from './delivery/secrets.ts'
import { sweep } from './delivery/sweep.ts'
import { explainFault } from './errors.ts'
import { createEngineMaker } from './wiring.ts'

const FRESH_QUEUE = 'callingbox-webhooks-fresh'
const DEAD_LETTER_QUEUE = 'callingbox-webhooks-dead'

/** Minutes between two runs of the work that can wait: pruning, re-sealing, counting. */
const UPKEEP_EVERY_MIN = 5

/** The work that can wait. A job that fails leaves the others alone, and is run again the next time. */
const UPKEEP = [enforceRetention, rewrapSecrets, countDeliveries, pruneSessions]

const makeEngine = createEngineMaker()
const api = createApp(makeEngine)
const dashboard = createDashboard(makeEngine)

export default {
  fetch(request: Request, env: Env, context: ExecutionContext) {
    const isDashboard = /^\/dashboard(?:\/|$)/.test(new URL(request.url).pathname)
    return (isDashboard ? dashboard : api).fetch(request, env, context)
  },

  async queue(batch, env, context) {
    const engine = await makeEngine(env, context)
    if (batch.queue === DEAD_LETTER_QUEUE) return buryDeadLetters(engine, batch.messages)
    return consume(engine, batch.messages, batch.queue === FRESH_QUEUE ? 'fresh' : 'retry')
  },

  async scheduled(controller, env, context) {
    const engine = await makeEngine(env, context)
    await sweep(engine)
    if (!isUpkeepDue(controller.scheduledTime)) return
    for (const job of UPKEEP) {
      await job(engine).catch((error: unknown) => {
        engine.log({ event: 'upkeep_failed', job: job.name, error: explainFault(error) })
      })
    }
  },
} satisfies ExportedHandler<Env, DeliveryRef>

function isUpkeepDue(scheduledAt: number): boolean {
  return Math.floor(scheduledAt / 60_000) % UPKEEP_EVERY_MIN === 0
}
