// Whom the commands speak for: what may be an address and a key, and how they are kept.
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { keepAccount, readAccount, toKey, toOrigin } from '../../src/cli/account.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { run } from './service.ts'

const URL_OF_IT = 'https://hooks.example'

let env: Record<string, string>
let folder: string
let file: string
beforeEach(async () => {
  env = { XDG_CONFIG_HOME: await mkdtemp(join(tmpdir(), 'callingbox-cli-')) }
  folder = join(env['XDG_CONFIG_HOME'] ?? '', 'callingbox-webhooks')
  file = join(folder, 'account.json')
})

describe('a key', () => {
  it.each([
    'sk_live_never\ntold',
    'sk_live_never told',
    'sk_live_never…told',
    'sk_live_never\u0000told',
  ])('that cannot stand in a header is refused, and told to nobody: %j', async (key) => {
    const read = readAccount({ ...env, CALLINGBOX_URL: URL_OF_IT, CALLINGBOX_API_KEY: key })
    await expect(read).rejects.toMatchObject({
      status: EXIT.usage,
      message: expect.not.stringMatching(/never|told/),
    })
    expect(() => toKey(key, 'It')).toThrow(/^It is no API key/)
  })

  it('is told to nobody by a command either', async () => {
    const key = { CALLINGBOX_API_KEY: 'sk_live_never…told' }
    const { status, out, err } = await run({ url: URL_OF_IT }, ['endpoints', 'list'], { env: key })
    expect({ status, out }).toEqual({ status: EXIT.usage, out: '' })
    expect(err).not.toMatch(/never|told|ByteString/)
  })

  it('may have blanks around it, as a file has it', async () => {
    const given = { CALLINGBOX_URL: `${URL_OF_IT}/\n`, CALLINGBOX_API_KEY: ' sk_live_x\r\n' }
    expect(await readAccount({ ...env, ...given })).toEqual({ url: URL_OF_IT, key: 'sk_live_x' })
  })
})

describe('an address', () => {
  it.each([
    'https://name:secret@hooks.example',
    'https://secret@hooks.example',
    'ftp://name:secret@x',
    'name:secret@x',
  ])('with a password in it is refused, and told to nobody: %s', (address) => {
    expect(() => toOrigin(address, '--url')).toThrow(
      expect.objectContaining({
        status: EXIT.usage,
        message: expect.stringMatching(/^--url (?!.*secret)/),
      }),
    )
  })

  it('is its origin, whatever stands behind it', async () => {
    const url = `${URL_OF_IT}:443/dashboard?token=secret#top`
    const given = { CALLINGBOX_URL: url, CALLINGBOX_API_KEY: 'k' }
    expect(await readAccount({ ...env, ...given })).toEqual({ url: URL_OF_IT, key: 'k' })
  })
})

describe('a variable that is empty', () => {
  it('is as one that is not set', async () => {
    const account = { url: URL_OF_IT, key: 'sk_live_x' }
    await keepAccount(env, account)
    const empty = { ...env, CALLINGBOX_URL: '', CALLINGBOX_API_KEY: ' ' }
    expect(await readAccount(empty)).toEqual(account)
  })
})

describe('a kept key', () => {
  it('goes to no other address than the one it was kept for', async () => {
    const account = { url: URL_OF_IT, key: 'sk_live_x' }
    await keepAccount(env, account)
    const path = { ...env, CALLINGBOX_URL: `${URL_OF_IT}/dashboard` }
    expect(await readAccount(path)).toEqual(account)
    const other = { ...env, CALLINGBOX_URL: `${URL_OF_IT}.evil.example` }
    await expect(readAccount(other)).rejects.toMatchObject({ status: EXIT.unauthorized })
  })

  it('is never seen by who has opened the file before, which others may read', async () => {
    await mkdir(folder, { mode: 0o755 })
    await writeFile(file, 'the one before', { mode: 0o644 })
    const before = await open(file)
    await keepAccount(env, { url: URL_OF_IT, key: 'sk_live_x' })
    expect(await before.readFile('utf8')).toBe('the one before')
    await before.close()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('goes where no link leads', async () => {
    await mkdir(folder)
    const elsewhere = join(env['XDG_CONFIG_HOME'] ?? '', 'elsewhere')
    await writeFile(elsewhere, 'its own')
    await symlink(elsewhere, file)
    await keepAccount(env, { url: URL_OF_IT, key: 'sk_live_x' })
    expect(await readFile(elsewhere, 'utf8')).toBe('its own')
    expect(await readAccount(env)).toEqual({ url: URL_OF_IT, key: 'sk_live_x' })
  })

  it('leaves nothing behind when it cannot be kept', async () => {
    await mkdir(file, { recursive: true })
    await chmod(folder, 0o700)
    await expect(keepAccount(env, { url: URL_OF_IT, key: 'sk_live_x' })).rejects.toThrow(
      /EISDIR|ENOTEMPTY|EPERM/,
    )
    expect(await readdir(folder)).toEqual(['account.json'])
  })
})
