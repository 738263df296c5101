// The Worker's three doors: fetch, queue and scheduled.
import { createApp } from './api/app.ts'
import type { DeliveryRef } from './db/attempts.ts'
import { consume } from './delivery/consume.ts'
import { buryDeadLetters } from './delivery/dead-letters.ts'
import { enforceRetention } from './delivery/retention.ts'
import { sweep } from './delivery/sweep.ts'
import { makeEngine } from './wiring.ts'

const DEAD_LETTER_QUEUE = 'callingbox-webhooks-dead'

/** Minutes between two runs of the pruning. */
const RETENTION_EVERY_MIN = 5

const app = createApp(makeEngine)

export default {
  fetch: app.fetch,

  async queue(batch, env, context) {
    const engine = await makeEngine(env, context)
    if (batch.queue === DEAD_LETTER_QUEUE) return buryDeadLetters(engine, batch.messages)
    return consume(engine, batch.messages)
  },

  async scheduled(controller, env, context) {
    const engine = await makeEngine(env, context)
    await sweep(engine)
    if (isRetentionDue(controller.scheduledTime)) await enforceRetention(engine)
  },
} satisfies ExportedHandler<Env, DeliveryRef>

function isRetentionDue(scheduledAt: number): boolean {
  return Math.floor(scheduledAt / 60_000) % RETENTION_EVERY_MIN === 0
}
