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
  const session = await connectTo(runtime)
  const before = residentMb(runtime)
  const peak = { processMb: 0, isolateMb: 0 }
  const end = new AbortController()
  const sampling = (async () => {
    while (!end.signal.aborted) {
      peak.processMb = Math.max(peak.processMb, residentMb(runtime) - before)
      peak.isolateMb = Math.max(peak.isolateMb, await usedMb(session))
      await sleep(SAMPLE_EVERY_MS)
    }
  })()
  await work().finally(() => end.abort())
  await sampling
  session.close()
  return peak
}

/** MB that the Worker's isolate has in use now, garbage that was not collected yet included. */
export async function isolateMb(runtime: Runtime): Promise<number> {
  const session = await connectTo(runtime)
  const used = await usedMb(session)
  session.close()
  return used
}

/** MB that workerd has in memory. */
export function residentMb(runtime: Runtime): number {
  return statusOf(runtime, 'VmRSS')
}

/** The most that it ever had, in MB. */
export function highestMb(runtime: Runtime): number {
  return statusOf(runtime, 'VmHWM')
}

type Session = Awaited<ReturnType<typeof connect>>

function connectTo(runtime: Runtime): Promise<Session> {
  const debuggerUrl = runtime.address.inspectorUrl.replace(/^http/, 'ws')
  return connect(`${debuggerUrl}/core:user:service`)
}

async function usedMb(session: Session): Promise<number> {
  // The protocol's answer to Runtime.getHeapUsage.
  const usage = (await session.call('Runtime.getHeapUsage')) as {
    usedSize: number
    backingStorageSize?: number
  }
  return (usage.usedSize + (usage.backingStorageSize ?? 0)) / 2 ** 20
}

// Source: proc_pid_status(5).
function statusOf({ pid }: Runtime, member: 'VmRSS' | 'VmHWM'): number {
  const workerd = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const status = readFileSync(`/proc/${workerd}/status`, 'utf8')
  return Number(new RegExp(`${member}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}
