// Brings the local database up to date.
import { StartError } from './flags.ts'
import { startWrangler, type Wrangler } from './wrangler.ts'

/**
 * Applies the migrations; `onStart` gets the wrangler that does it, for whoever may have to stop it.
 * @throws {StartError} with what wrangler said.
 */
export async function migrate(
  persistTo: string | undefined,
  onStart: (wrangler: Wrangler) => void,
): Promise<void> {
  const lines: string[] = []
  const place = persistTo === undefined ? ['--local'] : ['--local', '--persist-to', persistTo]
  const args = ['d1', 'migrations', 'apply', 'DB', ...place]
  const wrangler = startWrangler(args, (line) => lines.push(line))
  onStart(wrangler)
  const code = await wrangler.exited
  if (code !== 0) throw new StartError(`The migrations failed:\n${lines.join('\n')}`)
}
