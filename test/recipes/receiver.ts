// A receiver in a process of its own, from its start to its end.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts, isListening } from '../smoke/dev-run.ts'
import { ENVIRONMENT } from './install.ts'

const START_WITHIN_MS = 60_000
/** Next compiles a route when it is first asked for. */
const ANSWER_WITHIN_MS = 120_000

export type Receiver = {
  url: string
  /** All that it has printed so far. */
  printed: () => string
  stop: () => Promise<void>
}

/** What a receiver that ended by itself had printed, and with which code it ended. */
export class Ended extends Error {
  readonly code: number
  readonly printed: string

  constructor(code: number, printed: string) {
    super(`it ended: ${printed.slice(-2000)}`)
    this.code = code
    this.printed = printed
  }
}

/**
 * Starts one by a shell's command, in a folder; without a secret the variable is not set. @throws Ended when it
 * ends; another error when it does not listen within a minute.
 */
export async function startReceiver(
  command: string,
  folder: string,
  secret: string | undefined,
): Promise<Receiver> {
  const port = await findFreePorts()
  const env = { ...ENVIRONMENT, PORT: String(port), WEBHOOK_SECRET: secret }
  const child = spawn('sh', ['-c', command], { cwd: folder, env, detached: true })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  }
  const end = () => kill(child)
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const deadline = Date.now() + START_WITHIN_MS
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Ended(child.exitCode, printed)
    if (Date.now() > deadline) {
      await stop(child)
      throw new Error(`it does not listen: ${printed.slice(-2000)}`)
    }
    await sleep(50)
  }
  return {
    url: `http://localhost:${port}/webhooks`,
    printed: () => printed,
    stop: () => stop(child),
  }
}

/** The status of its answer to a POST. */
export async function post(
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<number> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  const answer = await fetch(url, { method: 'POST', headers, body, signal })
  await answer.arrayBuffer()
  return answer.status
}

/** A receiver prints a line with the id of each event that it handles. */
export function timesHandled(receiver: Receiver, id: string): number {
  return receiver.printed().split(id).length - 1
}

/** With all that it has started: its process group. */
async function stop(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const ended = once(child, 'exit')
  kill(child)
  await ended
}

function kill(child: ChildProcess): void {
  if (isRunning(child) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
