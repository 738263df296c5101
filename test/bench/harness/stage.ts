// What a scenario plays on: a fresh runtime and database, a receiver, and the meter between them.
import { join } from 'node:path'
import type { Reading } from '../worker/reading.ts'
import type { BundledModule } from './bundle.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { localVars, startRuntime, type Runtime } from './runtime.ts'
import { createClient, createEndpoint, createOrg, type Client, type Org } from './service.ts'
import { until } from './until.ts'

/** An org whose events each go to so many endpoints. */
export type Tenant = Org & { endpoints: { id: string; path: string }[] }

/** The stage of one scenario. */
export type Stage = {
  runtime: Runtime
  receiver: Receiver
  client: Client
  /** Makes an org with so many endpoints, each with a path of its own at the receiver. */
  addTenant: (name: string, endpoints: number) => Promise<Tenant>
  /** What was counted since it was last asked. */
  readMeter: () => Promise<Reading>
  /** Calls one of the bench Worker's own routes. */
  control: (action: string, body?: object) => Promise<unknown>
  sql: (query: string, ...params: unknown[]) => Promise<Record<string, unknown>[]>
  /** Waits until every message was dealt with and nothing moves, so that the next count is its own. */
  settle: () => Promise<void>
  close: () => Promise<void>
}

/** What a stage is of: this worktree or the one at `root`, and of how many databases, one by default. */
export type StageSetting = { root?: string | undefined; databases?: number }

/** Opens a stage of the scenario's own; two of them see the same machine at the same time. */
export type OpenStage = (setting?: StageSetting) => Promise<Stage>

const SETTLES_WITHIN_MS = 120_000
const QUIET_MS = 40

/** Builds a stage in `folder`, with nothing in its database. */
export async function openStage(
  modules: BundledModule[],
  folder: string,
  { root, databases = 1 }: StageSetting = {},
): Promise<Stage> {
  const names = Array.from({ length: databases }, (_, place) => `DB${place === 0 ? '' : place + 1}`)
  const vars = { ...localVars(), ...(databases > 1 && { DATABASES: names.join(',') }) }
  const receiver = await startReceiver(`${folder}.received`)
  const runtime = await startRuntime({ modules, persistTo: join(folder, 'state'), vars, root })
  const client = createClient(runtime.address.url)
  const control = makeControl(runtime)
  return {
    runtime,
    receiver,
    client,
    control,
    addTenant: async (name, count) => {
      const org = await createOrg(client, vars.ADMIN_TOKEN, name)
      const endpoints = []
      for (let place = 0; place < count; place += 1) {
        const path = `/${name}/${place}`
        endpoints.push({ id: await createEndpoint(client, org, receiver.url + path), path })
      }
      return { ...org, endpoints }
    },
    // The bench Worker answers its meter.
    readMeter: async () => (await control('meter')) as Reading,
    sql: async (query, ...params) => {
      // D1's answer.
      const { results } = (await control('sql', { query, params })) as {
        results: Record<string, unknown>[]
      }
      return results
    },
    settle: () => settle(control),
    close: async () => {
      await runtime.stop()
      await receiver.stop()
    },
  }
}

function makeControl({ address }: Runtime): Stage['control'] {
  return async (action, body) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${address.url}/_bench/${action}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`${action} answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }
}

async function settle(control: Stage['control']): Promise<void> {
  let before = ''
  await until('quiet', SETTLES_WITHIN_MS, QUIET_MS, async () => {
    // The bench Worker answers its meter.
    const reading = (await control('peek')) as Reading
    const { sent, received, acked, retried } = reading
    const now = JSON.stringify(reading)
    const isQuiet = now === before && sent + retried === received && received === acked + retried
    before = now
    return isQuiet || undefined
  })
}
