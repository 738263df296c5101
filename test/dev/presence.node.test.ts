// A state belongs to one start at a time, however the others ended.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimState } from '../../src/dev/presence.ts'

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'callingbox-state-'))
})
afterEach(() => rmSync(state, { recursive: true }))

describe('a state', () => {
  it('is refused while another start runs on it, with where that is and what to do', async () => {
    const other = await runOn(state, 9100)
    const refused = claimState(state, 8787)
    await expect(refused).rejects.toThrow(`runs on ${state} already, at http://localhost:9100.`)
    await expect(refused).rejects.toThrow('npm run dev -- --port 8787 --persist-to ')
    other.kill('SIGKILL')
    await other.exited
    await expect(claimState(state, 8787)).resolves.toBeUndefined()
  })

  it('is not asked for by the port that the other one has', async () => {
    const other = await runOn(state, 8787)
    await expect(claimState(state, 8787)).rejects.toThrow(
      'npm run dev -- --port 8797 --persist-to ',
    )
    other.kill('SIGKILL')
    await other.exited
  })

  it('is given back by one that ends by itself', async () => {
    const other = await runOn(state, 9100)
    const mark = join(state, 'running', `${other.pid}`)
    expect(existsSync(mark)).toBe(true)
    other.kill('SIGTERM')
    await other.exited
    expect(existsSync(mark)).toBe(false)
  })

  it('is free although another program has got the pid of one that ended', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await mkdir(join(state, 'running'))
    await writeFile(join(state, 'running', `${other.pid}`), '9100')
    await expect(claimState(state, 8787)).resolves.toBeUndefined()
    other.kill()
  })
})

type Start = { pid: number; exited: Promise<unknown>; kill: (signal: NodeJS.Signals) => void }

/** Another process that looks as `npm run dev` does, and is on the state. */
async function runOn(folder: string, port: number): Promise<Start> {
  const module = new URL('../../src/dev/presence.ts', import.meta.url)
  const script = `import { claimState } from '${module.href}'
    process.on('SIGTERM', () => process.exit(0))
    await claimState(process.argv.at(-1), ${port})
    console.log('ready')
    setInterval(() => {}, 1000)`
  const flags = ['--input-type=module', '-e', script, 'src/dev/main.ts', folder]
  const child = spawn(process.execPath, flags)
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.stderr.once('data', (text) => reject(new Error(String(text))))
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return { pid: child.pid ?? 0, exited, kill: (signal) => child.kill(signal) }
}
