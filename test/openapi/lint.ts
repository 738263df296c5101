// Lints the OpenAPI document: `npm run lint:api`.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/api/app.ts'
import { writeDocument } from '../../src/api/document/document.ts'
import { parseConfig } from '../../src/config.ts'

const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

const folder = await mkdtemp(join(tmpdir(), 'callingbox-openapi-'))
const file = join(folder, 'openapi.json')
const app = createApp(() => Promise.reject(new Error('nothing is asked of it')))
await writeFile(file, await writeDocument(app, parseConfig({})))
const linter = ['node_modules/@redocly/cli/bin/cli.js', 'lint', file]
const { status } = spawnSync(process.execPath, linter, {
  stdio: 'inherit',
  env: { ...process.env, ...QUIET },
})
await rm(folder, { recursive: true })
process.exitCode = status ?? 1
