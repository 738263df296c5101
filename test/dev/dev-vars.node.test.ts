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
  it('makes every secret, for its owner alone, and answers them', async () => {
    const vars = await ensureDevVars(path)
    const { ADMIN_TOKEN: token } = vars
    expect(parseEnv(await readFile(path, 'utf8'))).toEqual(vars)
    expect(vars).toEqual({
      ADMIN_TOKEN: token,
      API_KEY_PEPPER: expect.stringMatching(/^[0-9a-f]{64}$/),
      SECRETS_KEYS: expect.stringMatching(/^local:[\w+/]{43}=$/),
      ALLOW_HTTP_ENDPOINTS: 'true',
    })
    expect(token).toMatch(/^[\w-]{43}$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('leaves a complete file byte for byte as it was', async () => {
    await ensureDevVars(path)
    const before = await readFile(path, 'utf8')
    await ensureDevVars(path)
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it('renews a token that it made when a shorter one would do, and no other', async () => {
    const short = 'aB3-_'.repeat(6)
    await writeFile(path, `ADMIN_TOKEN="${short}0z"\n`)
    expect((await ensureDevVars(path))['ADMIN_TOKEN']).toMatch(/^[\w-]{43}$/)
    expect(await ensureDevVars(path)).toEqual(parseEnv(await readFile(path, 'utf8')))
    await writeFile(path, 'ADMIN_TOKEN="chosen by somebody"\n')
    expect((await ensureDevVars(path))['ADMIN_TOKEN']).toBe('chosen by somebody')
  })

  it('adds what is missing or empty below what is there', async () => {
    const theirs =
      "# mine\nADMIN_TOKEN='chosen'\nMORE=1\nAPI_KEY_PEPPER=\nALLOW_HTTP_ENDPOINTS=false"
    await writeFile(path, theirs)
    expect(await ensureDevVars(path)).toMatchObject({ ADMIN_TOKEN: 'chosen', MORE: '1' })
    const text = await readFile(path, 'utf8')
    expect(text.startsWith(`${theirs}\n`)).toBe(true)
    expect(parseEnv(text)).toMatchObject({
      API_KEY_PEPPER: expect.stringMatching(/^[0-9a-f]{64}$/),
      ALLOW_HTTP_ENDPOINTS: 'false',
      MORE: '1',
    })
  })
})
