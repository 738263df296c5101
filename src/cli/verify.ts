// callingbox-webhooks verify: what is wrong with a webhook that was received.
import { verify as check } from '../consumer/index.ts'
import { command } from './command.ts'
import { CommandError } from './exit.ts'
import { readInput } from './input.ts'
import { SOME_TEXT, WHOLE_NUMBER } from './values.ts'

/** Says whether a webhook is good, or exactly what is wrong. */
export const verify = command({
  name: 'verify',
  description: 'Say whether a webhook is good, or exactly what is wrong with it',
  args: {
    body: {
      type: 'string',
      takes: SOME_TEXT,
      description: 'A file with the raw body; - is the standard input',
      default: '-',
    },
    header: {
      type: 'string',
      takes: SOME_TEXT,
      isRepeated: true,
      description: 'A header as curl takes it, "Name: value"; may be repeated',
    },
    tolerance: {
      type: 'string',
      takes: WHOLE_NUMBER,
      description: 'Seconds that a signature may be old',
      default: '300',
    },
  },
  async run({ out, all }, { body, tolerance }) {
    const secret = process.env['CALLINGBOX_SIGNING_SECRET'] ?? ''
    const toleranceSeconds = Number(tolerance)
    const headers = Object.fromEntries(all('header').map(toHeader))
    const result = await check(await readInput(body), headers, secret, { toleranceSeconds })
    if (!result.ok) {
      if (out.isJson) out.show(result, () => '')
      throw new CommandError('refused', `${result.message} (${result.reason})`)
    }
    out.show(result, () => `Good, by ${result.family}: ${result.event.type} ${result.event.id}`)
  },
})

function toHeader(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  if (colon < 1) throw new CommandError('usage', `--header ${text} is not "Name: value".`)
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}
