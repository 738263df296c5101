import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = await readD1Migrations('migrations')

/** Secrets that exist in tests only; any 32 bytes make a key. */
const secrets = {
  ADMIN_TOKEN: 'test-admin-token',
  API_KEY_PEPPER: 'test-pepper',
  ALLOW_HTTP_ENDPOINTS: 'false',
  SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
}

const workers = () =>
  cloudflareTest({
    main: './src/index.ts',
    wrangler: { configPath: './wrangler.toml' },
    miniflare: { bindings: { ...secrets, MIGRATIONS: migrations } },
  })

/** Tests of pure modules, which need workerd but no database. */
const pure = [
  'test/webhook/**/*.test.ts',
  'test/credentials/**/*.test.ts',
  'test/api/strict-json.test.ts',
]

export default defineConfig({
  test: {
    projects: [
      { plugins: [workers()], test: { name: 'pure', include: pure } },
      {
        plugins: [workers()],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, 'test/**/*.node.test.ts'],
          setupFiles: ['test/setup.ts'],
        },
      },
      { test: { name: 'node', include: ['test/**/*.node.test.ts'], environment: 'node' } },
    ],
  },
})
