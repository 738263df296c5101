// The Worker's three doors: fetch, queue and scheduled.
import { createApp } from './api/app.ts'
import { createDashboard } from './dashboard/app.tsx'
import type { DeliveryRef, StepRef } from './db/words.ts'
import { receive } from './delivery/receive.ts'
import { writeCounts } from './delivery/upkeep/counts.ts'
import { runJobs } from './jobs.ts'
import { createDocs, isOfDocs } from './docs/app.tsx'
import { mcpRoutes } from './mcp/routes.ts'
import { createWorldMaker } from './wiring.ts'

const makeWorld = createWorldMaker()
const api = createApp(makeWorld)
api.route('/', mcpRoutes(api))
const dashboard = createDashboard(makeWorld)
const docs = createDocs(makeWorld, api)

export default {
  fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url)
    const door = /^\/dashboard(?:\/|$)/.test(pathname) ? dashboard : isOfDocs(pathname) ? docs : api
    return door.fetch(request, env, context)
  },

  async queue(batch, env, context) {
    const world = await makeWorld(env, context)
    await receive(world, batch)
    await writeCounts(world)
  },

  async scheduled(controller, env, context) {
    const world = await makeWorld(env, context)
    await runJobs(world, controller.scheduledTime)
    await writeCounts(world)
  },
} satisfies ExportedHandler<Env, DeliveryRef | StepRef>
