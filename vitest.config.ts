import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = await readD1Migrations('migrations')

/** Secrets that exist in tests only; any 32 bytes make a key. */
const secrets = {
  ADMIN_TOKEN: 'test-admin-token-that-is-as-long-as-one-has-to-be',
  API_KEY_PEPPER: 'test-pepper-that-is-as-long-as-one-has-to-be-here',
  ALLOW_HTTP_ENDPOINTS: 'false',
  SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
}

// Wrangler looks for the required secrets in the environment, and warns of each that is missing.
Object.assign(process.env, secrets)

const workers = () =>
  cloudflareTest({
    main: './src/index.ts',
    wrangler: { configPath: './wrangler.toml' },
    miniflare: { bindings: { ...secrets, MIGRATIONS: migrations }, d1Databases: { DB2: 'second' } },
  })

/** Tests of pure modules, which need workerd but no database. */
const pure = [
  'test/webhook/**/*.test.ts',
  'test/consumer/**/*.test.ts',
  'test/credentials/**/*.test.ts',
  'test/http/**/*.test.ts',
  'test/api/json/**/*.test.ts',
]

// Below it Vite tells of each dependency that ships source maps without their sources.
const logLevel = 'error'

/** In ms: generous, because a busy machine is no failure. Nothing here waits for time to pass. */
const testTimeout = 60_000

/**
 * Test files share a workerd and its modules, one file after the other: to start one and to load everything
 * again took longer than the tests. What they share is emptied in test/setup.ts.
 */
const isolate = false

export default defineConfig({
  logLevel,
  test: {
    // Vitest leaves one core to itself, which of two is half.
    maxWorkers: '100%',
    projects: [
      {
        logLevel,
        plugins: [workers()],
        test: {
          name: 'pure',
          include: pure,
          exclude: ['test/**/*.node.test.ts'],
          isolate,
          testTimeout,
        },
      },
      {
        logLevel,
        plugins: [workers()],
        test: {
          name: 'workerd',
          isolate,
          testTimeout,
          include: ['test/**/*.test.ts'],
          exclude: [...pure, 'test/**/*.node.test.ts'],
          setupFiles: ['test/setup.ts'],
          globalSetup: ['test/simulation/agreement.setup.ts'],
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/**/*.node.test.ts'],
          environment: 'node',
          testTimeout,
        },
      },
    ],
  },
})
