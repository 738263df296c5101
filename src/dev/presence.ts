// Which starts of `npm run dev` run on one state: each leaves a file with its pid for a name.
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = 'running'
const SCRIPT = 'src/dev/main.ts'

/**
 * Notes that this process runs on the state, and says whether it is the only one. Of two that start at the
 * same time, both may find that they are not.
 */
export async function isAlone(state: string): Promise<boolean> {
  const folder = join(state, FOLDER)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${process.pid}`), '')
  const pids = (await readdir(folder)).map(Number).filter((pid) => pid !== process.pid)
  const gone = pids.filter((pid) => !isRunning(pid))
  await Promise.all(gone.map((pid) => rm(join(folder, `${pid}`), { force: true })))
  return gone.length === pids.length
}

// Another program may have got the pid since.
function isRunning(pid: number): boolean {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', `${pid}`], { encoding: 'utf8' }).includes(
      SCRIPT,
    )
  } catch (error) {
    // No such process; where there is no `ps`, nobody can tell.
    return error instanceof Error && 'path' in error && error.path === 'ps'
  }
}
