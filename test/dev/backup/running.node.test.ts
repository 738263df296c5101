// Neither a backup nor a restoration of the local databases while `npm run dev` has them.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
let dev: ReturnType<typeof spawn>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callingbox-running-'))
  copyFileSync('wrangler.toml', join(folder, 'wrangler.toml'))
  const state = join(folder, '.wrangler/state')
  mkdirSync(state, { recursive: true })
  dev = startOn(state)
  await new Promise((done) => dev.stdout?.once('data', done))
})
afterEach(() => {
  dev.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Another process that looks as `npm run dev` does, and has the state. */
function startOn(state: string) {
  const script = `import { claimState } from '${resolve('src/dev/presence.ts')}'
    await claimState(process.argv.at(-1), 9100)
    console.log('ready')
    setInterval(() => {}, 1000)`
  const flags = ['--input-type=module', '-e', script, 'src/dev/main.ts', state]
  return spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
}

it.each([['backup'], ['restore', '--from', 'backups/one']])(
  '%s --local is refused, and changes nothing',
  (...command) => {
    const args = [resolve('src/dev/backup/main.ts'), ...command, '--local']
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    expect(stderr).toContain(
      'npm run dev runs on .wrangler/state, at http://localhost:9100, and nothing was done: stop it first.',
    )
    expect(status).toBe(1)
    expect(readdirSync(folder).toSorted()).toEqual(['.wrangler', 'wrangler.toml'])
  },
)
