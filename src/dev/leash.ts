// Keeps a command on a leash: it dies with all its children when this process's stdin ends, that is
// when whoever holds the other end lets go or is killed. Usage: node leash.ts <script> [argument…].
import { spawn } from 'node:child_process'

const GRACE_MS = 3000

const command = spawn(process.execPath, ['--no-warnings', ...process.argv.slice(2)], {
  // A group of its own, so that one signal reaches the children it leaves behind.
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
})
command.on('exit', (code) => {
  killGroup()
  process.exit(code ?? 1)
})
process.stdin.on('end', letGo).resume()

function letGo(): void {
  command.kill('SIGTERM')
  setTimeout(killGroup, GRACE_MS)
}

function killGroup(): void {
  if (command.pid === undefined) return
  try {
    process.kill(-command.pid, 'SIGKILL')
  } catch {
    // ESRCH: none of the group is left.
  }
}
