// One run of `npm run dev`, started and watched the way a person at a terminal does.
import { execFileSync, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** A started run: its lines so far, the way to wait for one, its processes, and its end. */
export type DevRun = {
  lines: string[]
  /** The match in the first line at or after index `from` that has one. @throws after `withinMs`. */
  waitFor: (pattern: RegExp, withinMs: number, from?: number) => Promise<RegExpExecArray>
  /** The pids of npm and everything below it. */
  processes: () => number[]
  /** Signals npm's process group, as Ctrl-C does; with `npm` given, npm alone. */
  signal: (signal: NodeJS.Signals, target: 'group' | 'npm') => void
  exited: Promise<number | undefined>
}

/** Starts `npm run dev -- <args>` in a process group of its own; `cwd` is another clone, if any. */
export function startDev(args: string[], cwd = process.cwd()): DevRun {
  const npm = spawn('npm', ['run', 'dev', '--', ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = npm
  if (pid === undefined) throw new Error('npm cannot be started')
  const lines: string[] = []
  for (const stream of [npm.stdout, npm.stderr]) {
    createInterface(stream).on('line', (line) => lines.push(line))
  }
  const exited = new Promise<number | undefined>((resolve) => {
    npm.on('exit', (code) => resolve(code ?? undefined))
  })
  return {
    lines,
    waitFor: (pattern, withinMs, from = 0) => waitForLine(lines, pattern, withinMs, from),
    processes: () => listTree(pid),
    signal: (signal, target) => process.kill(target === 'group' ? -pid : pid, signal),
    exited,
  }
}

/** Polls `probe` until it answers something. @throws naming `what` after `withinMs`. */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    const found = await probe()
    if (found !== undefined) return found
    await sleep(POLL_MS)
  }
  throw new Error(`${what}: not within ${withinMs} ms`)
}

/** Those of `pids` that still run; a zombie, which only its parent can remove, does not. */
export function stillRunning(pids: number[]): number[] {
  const running = new Set(listProcesses().map(({ pid }) => pid))
  return pids.filter((pid) => running.has(pid))
}

/** Asks those of `pids` that still run to end; one that went with another, between two calls, has. */
export function terminate(pids: number[]): void {
  for (const pid of stillRunning(pids)) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}

/** A port that is free together with the next one up. */
export async function findFreePorts(): Promise<number> {
  return until('two free ports', 5000, async () => {
    const port = await findFreePort()
    return (await isListening(port + 1)) ? undefined : port
  })
}

/** Says whether anything accepts connections on the port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' })
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function waitForLine(lines: string[], pattern: RegExp, withinMs: number, from: number) {
  return until(`${pattern} in the output`, withinMs, () => {
    for (const line of lines.slice(from)) {
      const match = pattern.exec(line)
      if (match) return match
    }
    return undefined
  }).catch((error: Error) => {
    throw new Error(`${error.message}; it was:\n${lines.join('\n')}`)
  })
}

function listTree(root: number): number[] {
  const all = listProcesses()
  const tree = [root]
  for (const parent of tree) {
    tree.push(...all.filter(({ ppid }) => ppid === parent).map(({ pid }) => pid))
  }
  return tree
}

function listProcesses(): { pid: number; ppid: number }[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return rows.split('\n').flatMap((row) => {
    const [pid = '', ppid = '', state = ''] = row.trim().split(/\s+/)
    return pid === '' || state.startsWith('Z') ? [] : [{ pid: Number(pid), ppid: Number(ppid) }]
  })
}
