// The local secrets: made once, completed, never changed.
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { ensureDevVars } from '../../src/dev/dev-vars.ts'

let path: string

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'dev-vars-')), '.dev.vars')
})

describe('ensureDevVars', () => {
  it('makes every secret, for its owner alone, and answers the admin token', async () => {
    const token = await ensureDevVars(path)
    expect(parseEnv(await readFile(path, 'utf8'))).toEqual({
      ADMIN_TOKEN: token,
      API_KEY_PEPPER: expect.stringMatching(/^[0-9a-f]{64}$/),
      SECRETS_KEYS: expect.stringMatching(/^local:[\w+/]{43}=$/),
      ALLOW_HTTP_ENDPOINTS: 'true',
    })
    expect(token).toMatch(/^[\w-]{32}$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('leaves a complete file byte for byte as it was', async () => {
    await ensureDevVars(path)
    const before = await readFile(path, 'utf8')
    await ensureDevVars(path)
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it('adds what is missing or empty below what is there', async () => {
    const theirs =
      "# mine\nADMIN_TOKEN='chosen'\nMORE=1\nAPI_KEY_PEPPER=\nALLOW_HTTP_ENDPOINTS=false"
    await writeFile(path, theirs)
    expect(await ensureDevVars(path)).toBe('chosen')
    const text = await readFile(path, 'utf8')
    expect(text.startsWith(`${theirs}\n`)).toBe(true)
    expect(parseEnv(text)).toMatchObject({
      API_KEY_PEPPER: expect.stringMatching(/^[0-9a-f]{64}$/),
      ALLOW_HTTP_ENDPOINTS: 'false',
      MORE: '1',
    })
  })
})
