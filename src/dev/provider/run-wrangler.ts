// Runs one command of wrangler to its end, as a user would, and tells what it said.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { CommandError, refuseStranger } from './error.ts'

// The script behind `bin/wrangler.js`, which would start it as a child.
const WRANGLER = fileURLToPath(import.meta.resolve('wrangler'))

/** With CI it asks nobody anything; the rest keeps it from saying what nobody has asked for. */
const QUIET = {
  CI: '1',
  NO_COLOR: '1',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_METRICS: 'false',
}

/** Its 15 MB are compiled once, and not for each of some twenty commands. */
const COMPILED = { NODE_COMPILE_CACHE: 'node_modules/.cache/wrangler' }

/** What it says beside the fault itself. */
const BESIDE = /^(?:If you think this is a bug|Note that there is a newer|🪵|To continue without)/u

const JsonFault = z.object({
  error: z.object({ text: z.string(), notes: z.array(z.object({ text: z.string() })).default([]) }),
})

/** What a command said; of one that failed `fault` has why, on one line. */
export type Said = { out: string; fault: string | undefined }

/** Runs wrangler with these arguments. */
export type RunWrangler = (args: string[], env?: Record<string, string>) => Promise<Said>

/** Runs it in a process of its own; `env` comes on top of this one's. */
export const runWrangler: RunWrangler = async (args, env = {}) => {
  const child = spawn(process.execPath, ['--no-warnings', WRANGLER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...COMPILED, ...process.env, ...QUIET, ...env },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const fault = code === 0 ? undefined : findFault(out, err)
  return { out: stripVTControlCharacters(out), fault }
}

/** What it printed, or the end of this. @throws CommandError with `what` and why, when it failed; or that there are no credentials. */
export async function mustRun(run: RunWrangler, args: string[], what: string): Promise<string> {
  const { out, fault } = await run(args)
  if (fault === undefined) return out
  refuseStranger(fault)
  throw new CommandError(`${what}: ${fault}`)
}

function findFault(out: string, err: string): string {
  const json = out.indexOf('{')
  const told = json === -1 ? undefined : JsonFault.safeParse(toJson(out.slice(json))).data
  if (told) return sentence([told.error.text, ...told.error.notes.map((note) => note.text)])
  const lines = stripVTControlCharacters(`${err}\n${out}`).split('\n')
  const start = lines.findIndex((line) => line.includes('[ERROR]'))
  const said = lines
    .slice(Math.max(start, 0))
    .map((line) => line.replace(/^.*\[ERROR\]/, '').trim())
  const end = said.findIndex((line) => BESIDE.test(line))
  return sentence(said.slice(0, end === -1 ? undefined : end)) || 'wrangler failed without a word'
}

function toJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // Something else in braces.
    return undefined
  }
}

function sentence(lines: string[]): string {
  return lines.filter(Boolean).join(' ').slice(0, 400)
}
