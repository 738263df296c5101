// The Worker's three doors: fetch, queue and scheduled.
import { createApp } from './api/app.ts'
import { createDashboard } from './dashboard/app.tsx'
import type { DeliveryRef } from './db/engine/attempts.ts'
import { receive } from './delivery/receive.ts'
import { runJobs } from './jobs.ts'
import { createEngineMaker } from './wiring.ts'

const makeEngine = createEngineMaker()
const api = createApp(makeEngine)
const dashboard = createDashboard(makeEngine)

export default {
  fetch(request: Request, env: Env, context: ExecutionContext) {
    const isDashboard = /^\/dashboard(?:\/|$)/.test(new URL(request.url).pathname)
    return (isDashboard ? dashboard : api).fetch(request, env, context)
  },

  async queue(batch, env, context) {
    await receive(await makeEngine(env, context), batch)
  },

  async scheduled(controller, env, context) {
    await runJobs(await makeEngine(env, context), controller.scheduledTime)
  },
} satisfies ExportedHandler<Env, DeliveryRef>
