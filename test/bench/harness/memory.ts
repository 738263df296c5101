// Memory: of the whole runtime by the kernel, and of the Worker's isolate by the runtime.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from './cpu.ts'
import type { Runtime } from './runtime.ts'

const SAMPLE_EVERY_MS = 5

/** The most at any sample, in MB: by how much the process grew, and all that the isolate and its buffers had. */
export type Memory = { processMb: number; isolateMb: number }

/** Samples memory while `work` goes on. */
export async function watchMemory(runtime: Runtime, work: () => Promise<unknown>): Promise<Memory> {
  const debuggerUrl = runtime.address.inspectorUrl.replace(/^http/, 'ws')
  const session = await connect(`${debuggerUrl}/core:user:service`)
  const before = residentMb(runtime)
  const peak = { processMb: 0, isolateMb: 0 }
  const end = new AbortController()
  const sampling = (async () => {
    while (!end.signal.aborted) {
      peak.processMb = Math.max(peak.processMb, residentMb(runtime) - before)
      // The protocol's answer to Runtime.getHeapUsage.
      const usage = (await session.call('Runtime.getHeapUsage')) as {
        usedSize: number
        backingStorageSize?: number
      }
      const bytes = usage.usedSize + (usage.backingStorageSize ?? 0)
      peak.isolateMb = Math.max(peak.isolateMb, bytes / 2 ** 20)
      await sleep(SAMPLE_EVERY_MS)
    }
  })()
  await work().finally(() => end.abort())
  await sampling
  session.close()
  return peak
}

/** MB that workerd has in memory. Source: proc_pid_status(5), VmRSS. */
export function residentMb({ pid }: Runtime): number {
  const workerd = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const status = readFileSync(`/proc/${workerd}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}
