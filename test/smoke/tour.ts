// The README's tour, run line by line as a reader would paste it.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A block may sleep a few seconds by itself. */
const BLOCK_WITHIN_MS = 15_000

/** Runs one block after the other against the API at `port`, and answers what each of them printed. */
export async function* runTour(port: number, key: string): AsyncGenerator<string, string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```sh tour\n([\s\S]*?)^```/gm)].map(([, text]) => text ?? '')
  for (const block of blocks) {
    const script = block.replaceAll('8787', `${port}`).replaceAll('8788', `${port + 1}`)
    const options = { env: { ...process.env, KEY: key }, timeout: BLOCK_WITHIN_MS }
    const { stdout } = await promisify(execFile)('bash', ['-c', script], options)
    yield stdout
  }
  return ''
}
