// The Worker's three doors: fetch, queue and scheduled.
import { createApp } from './api/app.ts'
import { createDashboard } from './dashboard/app.tsx'
import type { DeliveryRef } from './db/words.ts'
import { receive } from './delivery/receive.ts'
import { runJobs } from './jobs.ts'
import { createWorldMaker } from './wiring.ts'

const makeWorld = createWorldMaker()
const api = createApp(makeWorld)
const dashboard = createDashboard(makeWorld)

export default {
  fetch(request: Request, env: Env, context: ExecutionContext) {
    const isDashboard = /^\/dashboard(?:\/|$)/.test(new URL(request.url).pathname)
    return (isDashboard ? dashboard : api).fetch(request, env, context)
  },

  async queue(batch, env, context) {
    await receive(await makeWorld(env, context), batch)
  },

  async scheduled(controller, env, context) {
    await runJobs(await makeWorld(env, context), controller.scheduledTime)
  },
} satisfies ExportedHandler<Env, DeliveryRef>
