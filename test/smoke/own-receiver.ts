// A receiver that a reader of /docs/receivers copies, starts in a terminal, stops and starts again.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { findFreePorts, isListening, until } from './dev-run.ts'
import type { ReadPage } from './page.ts'

/** Go compiles it, pip and npm install for it. */
const STARTS_WITHIN_MS = 150_000
const STOPS_WITHIN_MS = 10_000
const ARRIVES_WITHIN_MS = 20_000
const COMMAND_WITHIN_MS = 20_000

const Accepted = z.object({
  deliveries: z.array(z.object({ id: z.uuid(), url: z.string() })),
})

type Environment = NodeJS.ProcessEnv

/** The page's port, which may be taken here. */
const PORT = '3000'

/** Starts the page's receiver in an empty folder, with what the page says to type before it. */
export async function startReceiver(
  language: string,
  page: ReadPage,
  env: Environment,
  folder: string,
) {
  const port = await findFreePorts()
  const typed = (text: string) => text.replaceAll(PORT, `${port}`)
  const { label, text } = page.first(`${language}, `)
  await writeFile(join(folder, basename(label.split(': ').at(-1) ?? '')), text)
  const commands = typed(page.block(`Start the receiver in ${language}`))
  // A terminal: what Ctrl-C ends is not the shell, which waits for the next command.
  const script = ['trap : INT', typed(page.block('Make an endpoint')), commands, 'read']
  const last = commands.trimEnd().split('\n').at(-1) ?? ''
  const shell = spawn('bash', ['-c', [...script, last].join('\n')], {
    cwd: folder,
    // Python keeps back what it prints elsewhere than in a terminal.
    env: { ...env, PYTHONUNBUFFERED: '1' },
    detached: true,
  })
  let printed = ''
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => (printed += more))
  const signal = (name: NodeJS.Signals) => shell.pid !== undefined && process.kill(-shell.pid, name)
  const isUp = async () => (await isListening(port)) || undefined
  const isDown = async () => !(await isListening(port)) || undefined
  const see = <Value>(what: string, withinMs: number, probe: () => Promise<Value | undefined>) =>
    until(what, withinMs, probe).catch((error: Error) => {
      throw new Error(`${language}: ${error.message}\n${printed.slice(-3000)}`)
    })
  await see('the receiver', STARTS_WITHIN_MS, isUp)

  return {
    /** What a command that is typed in another terminal prints. */
    async type(command: string): Promise<string> {
      const options = { env, cwd: folder, timeout: COMMAND_WITHIN_MS }
      return (await promisify(execFile)('bash', ['-c', typed(command)], options)).stdout
    },
    /** Waits until it has printed the event that was answered so; answers its id. */
    async arrives(answer: string): Promise<string> {
      const id = idOf(answer, port)
      const line = `call.completed ${id}`
      await see(line, ARRIVES_WITHIN_MS, async () => printed.includes(line) || undefined)
      return id
    },
    async interrupt(): Promise<void> {
      signal('SIGINT')
      await see('its end', STOPS_WITHIN_MS, isDown)
    },
    async startAgain(): Promise<void> {
      shell.stdin.write('\n')
      await see('the receiver again', STARTS_WITHIN_MS, isUp)
    },
    async end(): Promise<void> {
      const ended = once(shell, 'exit')
      if (shell.exitCode === null && signal('SIGKILL')) await ended
    },
  }
}

/** Which of the deliveries of an accepted event is this receiver's. */
function idOf(answer: string, port: number): string {
  const { deliveries } = Accepted.parse(JSON.parse(answer))
  const own = deliveries.find(({ url }) => url.includes(`:${port}/`))
  if (!own) throw new Error(`nothing goes to ${port}: ${answer}`)
  return own.id
}
