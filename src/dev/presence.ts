// Whose a state is: one start of `npm run dev` at a time, since two would have each other's deliveries and endpoint.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from './flags.ts'

/** Each start leaves a file here with its pid for a name, and its port in it. */
const FOLDER = 'running'
const SCRIPT = 'src/dev/main.ts'

/**
 * Takes the state for this process, until it ends. Of two that start at the same time, both may be refused.
 * @throws StartError when another start has it: with where that one is, and what to do.
 */
export async function claimState(state: string, port: number): Promise<void> {
  const folder = join(state, FOLDER)
  const own = join(folder, `${process.pid}`)
  await mkdir(folder, { recursive: true })
  await writeFile(own, `${port}`)
  process.once('exit', () => rmSync(own, { force: true }))
  const otherPort = await findRunning(state)
  if (otherPort !== undefined) throw new StartError(refusal(state, port, otherPort))
}

/** The port of a start that has the state, of another process than this one; what ended without a word is cleared away. */
export async function findRunning(state: string): Promise<string | undefined> {
  const folder = join(state, FOLDER)
  if (!existsSync(folder)) return undefined
  for (const pid of (await readdir(folder)).map(Number)) {
    if (pid === process.pid) continue
    const file = join(folder, `${pid}`)
    if (isRunning(pid)) return readFile(file, 'utf8')
    await rm(file, { force: true })
  }
  return undefined
}

function refusal(state: string, port: number, otherPort: string): string {
  const free = otherPort === `${port}` ? port + 10 : port
  return `npm run dev runs on ${state} already, at http://localhost:${otherPort}. Use that one, or give this one \
a state of its own: npm run dev -- --port ${free} --persist-to .wrangler/another`
}

// Another program may have got the pid since.
function isRunning(pid: number): boolean {
  try {
    return readCommand(pid).includes(SCRIPT)
  } catch {
    // It is gone, or has ended by now.
    return false
  }
}

function readCommand(pid: number): string {
  if (process.platform === 'linux') {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  }
  return execFileSync('ps', ['-o', 'args=', '-p', `${pid}`], { encoding: 'utf8' })
}
