// CPU time: of the whole runtime by the kernel, and of our own code by the runtime's profiler.
import { readFileSync } from 'node:fs'
import type { Runtime } from './runtime.ts'

/** Ticks of the kernel's clock a second: 100 on every Linux that Node runs on. */
const CLOCK_TICKS = 100
const SAMPLE_EVERY_US = 250

/**
 * What a sample stands for, at most. No sample is taken while another isolate runs on the thread, or another
 * process on the core: the first one after that would have their time.
 */
const MAX_SAMPLE_US = 2 * SAMPLE_EVERY_US
const ANSWERS_WITHIN_MS = 30_000

/** CPU ms that workerd has used, on all its threads; undefined where there is no /proc. */
export function workerdCpuMs({ pid }: Runtime): number | undefined {
  try {
    // workerd is the only child of the process that Miniflare runs in.
    const workerd = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    const stat = readFileSync(`/proc/${workerd}/stat`, 'utf8')
    // After the name in brackets: utime and stime are the 12th and 13th, proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS
  } catch {
    return undefined
  }
}

/** CPU ms of the Worker's isolate, and the functions it went to, dearest first. */
export type Profile = { totalMs: number; functions: { name: string; ms: number }[] }

type Node = { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }

type RawProfile = { nodes: Node[]; samples: number[]; timeDeltas: number[] }

/** Profiles the Worker while `work` goes on. */
export async function profile(runtime: Runtime, work: () => Promise<unknown>): Promise<Profile> {
  const debuggerUrl = runtime.address.inspectorUrl.replace(/^http/, 'ws')
  const session = await connect(`${debuggerUrl}/core:user:service`)
  await session.call('Profiler.enable')
  await session.call('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
  await session.call('Profiler.start')
  await work()
  // The protocol's answer to Profiler.stop.
  const { profile: raw } = (await session.call('Profiler.stop')) as { profile: RawProfile }
  session.close()
  return summarize(raw)
}

function summarize({ nodes, samples, timeDeltas }: RawProfile): Profile {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const ms = new Map<string, number>()
  for (const [place, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    const us = Math.min(timeDeltas[place] ?? 0, MAX_SAMPLE_US)
    ms.set(name, (ms.get(name) ?? 0) + us / 1000)
  }
  ms.delete('(idle)')
  const functions = [...ms].map(([name, spent]) => ({ name, ms: spent }))
  return {
    totalMs: functions.reduce((sum, one) => sum + one.ms, 0),
    functions: functions.toSorted((a, b) => b.ms - a.ms),
  }
}

function nameOf({ functionName, lineNumber }: Node['callFrame']): string {
  return functionName.startsWith('(')
    ? functionName
    : `${functionName || 'anonymous'}:${lineNumber}`
}

/** Opens a session with a debugger. */
export async function connect(url: string) {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (result: unknown) => void>()
  let id = 0
  socket.addEventListener('message', ({ data }) => {
    // The protocol: an answer has the id of its question, an event has none.
    const { id: of, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (of !== undefined) waiting.get(of)?.(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no debugger at ${url}`)))
  })
  return {
    close: () => socket.close(),
    call: (method: string, params: object = {}): Promise<unknown> => {
      id += 1
      const answered = new Promise((resolve, reject) => {
        waiting.set(id, resolve)
        setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWERS_WITHIN_MS).unref()
      })
      socket.send(JSON.stringify({ id, method, params }))
      return answered
    },
  }
}
