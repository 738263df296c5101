// Runs wrangler on a leash, its noise left out.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { COLLECTOR } from './collector.ts'

const LEASH = fileURLToPath(import.meta.resolve('./leash.ts'))
// The script behind `bin/wrangler.js`, which would start it as a child and not pass signals on.
const WRANGLER = fileURLToPath(import.meta.resolve('wrangler'))

// What `wrangler dev` says about itself; errors, warnings, requests and the Worker's logs are shown.
const NOISE = [
  /^\s*$/,
  /^⎔ /,
  /^Your Worker has access to the following bindings:/,
  /^Binding +Resource/,
  /^env\.\w+ /,
  /^Using secrets defined in/,
  /^Cloudflare collects anonymous telemetry/,
  /Ready on http/,
  /Scheduled Workers are not automatically triggered/,
  /To manually trigger a scheduled event/,
  /curl "http.*\/cdn-cgi\/local\/scheduled"/,
  /For more details, see .*\/cron-triggers\//,
  /^GET \/healthz /,
  // Each minute, whether there was anything to do or not.
  /^\{"event":"job_done"/,
  // A batch whose messages were all acknowledged.
  /^QUEUE \S+ (\d+)\/\1 /,
]

const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

/** A wrangler under way: `exited` answers its exit code; `stop` ends it and all its children first. */
export type Wrangler = {
  exited: Promise<number>
  stop: () => Promise<number>
}

/**
 * Starts wrangler with `args`; each line it prints, its noise left out, goes to `onLine`. It dies with
 * this process, however that ends.
 */
export function startWrangler(args: string[], onLine: (line: string) => void): Wrangler {
  const leash = spawn(
    process.execPath,
    [LEASH, WRANGLER, ...args],
    // A group of its own: Ctrl-C in the terminal reaches this process only, which then lets go.
    { detached: true, stdio: 'pipe', env: { ...COLLECTOR, ...process.env, ...QUIET } },
  )
  for (const stream of [leash.stdout, leash.stderr]) {
    createInterface(stream).on('line', (line) => {
      const text = stripVTControlCharacters(line).replace(/^\[wrangler:info\] /, '')
      if (!NOISE.some((pattern) => pattern.test(text))) onLine(text)
    })
  }
  // EPIPE: it has ended already, and `exited` says so.
  leash.stdin.on('error', () => undefined)
  const exited = new Promise<number>((resolve) => {
    leash.on('close', (code) => resolve(code ?? 1))
  })
  return {
    exited,
    stop: () => {
      leash.stdin.end()
      return exited
    },
  }
}
