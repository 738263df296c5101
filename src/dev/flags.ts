// The flags of `npm run dev`: the few it reads itself, and all it hands on to wrangler.
import { parseArgs } from 'node:util'

const DEFAULT_PORT = 8787
// The receiver listens on the next port up.
const HIGHEST_PORT = 65534

/** What `npm run dev -- --help` prints. */
export const USAGE = `npm run dev -- [flags]

  --port N          where the API listens (${DEFAULT_PORT}); the demo receiver takes N + 1
  --persist-to DIR  where the database lives (.wrangler/state)
  --no-receiver     leave the demo receiver out
  --help            this text

Every other flag goes on to \`wrangler dev\`: --var NAME:VALUE, --ip, --inspector-port, …`

/** The flags read; `wranglerArgs` always names the port, so that wrangler never picks another. */
export type Flags = {
  port: number
  receiverPort: number | undefined
  persistTo: string | undefined
  wranglerArgs: string[]
  /** Vars and secrets that `--var` gives, which go before those of the files. */
  vars: Record<string, string>
  isHelp: boolean
}

/** Why a start failed, in words for the person at the terminal: the message is all that is printed. */
export class StartError extends Error {}

/** Reads what stands after `npm run dev --`. @throws {StartError} for a port outside 1…65534, or a `--var` that is none. */
export function parseFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      port: { type: 'string' },
      'persist-to': { type: 'string' },
      'no-receiver': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      var: { type: 'string', multiple: true },
    },
  })
  const port = parsePort(values.port)
  const wranglerArgs = args.filter((arg) => arg !== '--no-receiver')
  return {
    port,
    receiverPort: values['no-receiver'] === true ? undefined : port + 1,
    persistTo: typeof values['persist-to'] === 'string' ? values['persist-to'] : undefined,
    wranglerArgs: values.port === undefined ? [...wranglerArgs, '--port', `${port}`] : wranglerArgs,
    vars: parseVars(values.var ?? []),
    isHelp: values.help === true,
  }
}

/** As wrangler reads them: the name ends at the first colon. @throws StartError for one without a name or a value. */
function parseVars(given: (string | boolean)[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([A-Za-z_]\w*):(.*)$/s.exec(String(text)) ?? []
      if (name !== undefined && value !== undefined) return [name, value]
      throw new StartError(`--var ${String(text)} is not NAME:VALUE.`)
    }),
  )
}

function parsePort(value: string | boolean | undefined): number {
  if (value === undefined) return DEFAULT_PORT
  const port = Number(value)
  if (typeof value === 'string' && Number.isInteger(port) && port >= 1 && port <= HIGHEST_PORT) {
    return port
  }
  throw new StartError(`--port takes a number from 1 to ${HIGHEST_PORT}.`)
}
