// What `npm run dev` makes of its flags.
import { describe, expect, it } from 'vitest'
import { parseFlags, StartError } from '../../src/dev/flags.ts'

describe('parseFlags', () => {
  it('names the default port to wrangler, so that it picks no other', () => {
    expect(parseFlags([])).toMatchObject({
      port: 8787,
      receiverPort: 8788,
      wranglerArgs: ['--port', '8787'],
    })
  })

  it('hands every flag on to wrangler as it was written', () => {
    const args = ['--port=9000', '--persist-to', 'state', '--var', 'RETRY_JITTER:0', '--ip', '::1']
    expect(parseFlags(args)).toMatchObject({
      port: 9000,
      receiverPort: 9001,
      persistTo: 'state',
      wranglerArgs: args,
    })
  })

  it('reads each --var as wrangler does, the last of a name', () => {
    const args = ['--var', 'ADMIN_TOKEN:a:b', '--var=RETRY_JITTER:', '--var', 'ADMIN_TOKEN:c']
    expect(parseFlags(args).vars).toEqual({ ADMIN_TOKEN: 'c', RETRY_JITTER: '' })
    expect(parseFlags(['--var', 'ADMIN_TOKEN:a:b']).vars).toEqual({ ADMIN_TOKEN: 'a:b' })
  })

  it.each([['--var', 'RETRY_JITTER'], ['--var', ':1'], ['--var']])('refuses %s %s', (...args) => {
    expect(() => parseFlags(args)).toThrow(StartError)
  })

  it('keeps --no-receiver to itself', () => {
    expect(parseFlags(['--no-receiver', '--port', '9000'])).toMatchObject({
      receiverPort: undefined,
      wranglerArgs: ['--port', '9000'],
    })
  })

  it.each(['0', '65535', '80.5', 'http', ''])('refuses port "%s"', (port) => {
    expect(() => parseFlags(['--port', port])).toThrow(StartError)
  })

  it('refuses a port that is left out', () => {
    expect(() => parseFlags(['--port'])).toThrow(StartError)
  })
})
