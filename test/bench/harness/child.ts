// A child process in a group of its own that says where it listens, and ends with us.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { COLLECTOR } from '../../../src/dev/collector.ts'

/** A child under way: its first line, parsed, and two ways to end it. */
export type Child<Address> = {
  pid: number
  address: Address
  /** Asks it to end, as the end of this process would. */
  stop: () => Promise<void>
  /** SIGKILL to it and all it started: nothing is flushed, nothing said goodbye to. */
  kill: () => Promise<void>
}

/** A child that is asked to end has so many ms, before it is killed. */
const STOPS_WITHIN_MS = 5000

/** Starts a script of ours with one argument. @throws when it does not say where it listens in time. */
export async function startChild<Address>(
  script: URL,
  argument: object,
  withinMs: number,
): Promise<Child<Address>> {
  const args = ['--no-warnings', fileURLToPath(script), JSON.stringify(argument)]
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...COLLECTOR, ...process.env, WRANGLER_LOG: 'none', WRANGLER_SEND_METRICS: 'false' },
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${script.pathname} cannot be started`)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const killGroup = () => killIfAlive(-pid)
  // First of all, so that nobody writes into a folder that another handler removes.
  process.prependOnceListener('exit', killGroup)
  const kill = async () => {
    killGroup()
    await exited
    process.off('exit', killGroup)
  }
  const stop = async () => {
    child.stdin.end()
    const late = setTimeout(killGroup, STOPS_WITHIN_MS)
    await exited
    clearTimeout(late)
    await kill()
  }
  child.stdin.on('error', () => undefined)
  try {
    const lines = createInterface(child.stdout)
    const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(withinMs) })
    // The script's first line is its address, or it failed and there is none.
    return { pid, address: JSON.parse(String(line)) as Address, stop, kill }
  } catch (error) {
    await kill()
    throw new Error(`${script.pathname} did not start`, { cause: error })
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended.
  }
}
