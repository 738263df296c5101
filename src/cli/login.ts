// Signing in: which service, and with which key.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { forgetAccount, keepAccount, toKey, toOrigin } from './account.ts'
import { Api } from './api.ts'
import { command } from './command.ts'
import { CommandError } from './exit.ts'
import { Endpoint } from './shapes.ts'
import { SOME_TEXT } from './values.ts'

/** Asks for a key, and keeps it when the service takes it. */
export const login = command({
  name: 'login',
  description: 'Keep a service’s address and an API key for the other commands',
  args: {
    url: {
      type: 'string',
      takes: SOME_TEXT,
      description: 'Where the service is',
      default: 'http://localhost:8787',
    },
  },
  async run({ out }, { url }) {
    const origin = toOrigin(url, '--url')
    const typed = await readKey()
    if (typed === '') throw new CommandError('usage', 'There is no key: type it, or pipe it in.')
    const account = { url: origin, key: toKey(typed, 'What was typed or piped in') }
    await new Api(account).list(Endpoint, '/v1/webhook_endpoints')
    const file = await keepAccount(process.env, account)
    out.show({ url: origin, file }, () => `Signed in to ${origin}. The key is in ${file}.`)
  },
})

/** Forgets the key. */
export const logout = command({
  name: 'logout',
  description: 'Forget the key that login has kept',
  args: {},
  async run({ out }) {
    await forgetAccount(process.env)
    out.show({ done: true }, () => 'Signed out.')
  },
})

/** From a pipe, or typed unseen: a key on the command line would stand in the shell's history. */
async function readKey(): Promise<string> {
  const isTerminal = process.stdin.isTTY
  if (isTerminal) process.stderr.write('API key: ')
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output, terminal: isTerminal })
  const line = await firstOf(lines)
  lines.close()
  if (isTerminal) process.stderr.write('\n')
  return line.trim()
}

async function firstOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line
  return ''
}
