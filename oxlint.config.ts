// What the linter holds the code to: who may import whom, and the rules that everybody keeps.
import { posix } from 'node:path'
import { defineConfig, type DummyRuleMap } from 'oxlint'

/**
 * The rooms of src, from the doors down, each with all that it may import: rooms below it, and packages.
 * A folder is the files in it, without its own folders; a file may have a row of its own. What has no row
 * may import nothing.
 */
export const ROOMS: Record<string, string> = {
  'dev/seed': `dev api/app.ts jobs.ts account delivery/receive.ts delivery delivery/send delivery/upkeep
    db/replays db/account db/notices db/ordering db/upkeep db world.ts metrics.ts config.ts bounded-map.ts credentials cli/progress.ts drizzle-orm wrangler zod node:*`,
  'dev/deploy': `dev/provider credentials node:* zod`,
  'dev/backup': `dev dev/provider node:* zod`,
  'dev/provider': `node:* wrangler zod`,
  dev: `config.ts credentials node:* esbuild zod`,

  cli: `cli/progress.ts consumer webhook node:* zod citty @bomb.sh/tab cli-table3`,
  'cli/progress.ts': `cli-progress`,

  'dev-index.ts': `index.ts dashboard/gallery`,
  'index.ts': `mcp docs/app.tsx dashboard/app.tsx api/app.ts jobs.ts delivery/receive.ts delivery/upkeep
    wiring.ts db`,

  'dashboard/app.tsx': `dashboard/sign-in.tsx dashboard/portal.tsx dashboard/overview dashboard/events
    dashboard/settings dashboard/endpoints dashboard/deliveries dashboard/delivery dashboard/replays dashboard/ui dashboard http wiring.ts
    errors.ts hono`,
  'dashboard/gallery': `dashboard/gallery/made-up dashboard/sign-in.tsx dashboard/portal.tsx dashboard/overview
    dashboard/events dashboard/settings dashboard/endpoints dashboard/deliveries dashboard/delivery dashboard/replays
    dashboard/ui dashboard hono`,
  'dashboard/gallery/made-up': `dashboard/ui delivery/replay delivery/attempt db/views db/lifecycle db/replays
    db/account db`,
  'dashboard/sign-in.tsx': `dashboard/ui dashboard account limits.ts errors.ts hono`,
  'dashboard/portal.tsx': `dashboard/ui dashboard account db/account limits.ts hono`,
  'dashboard/overview': `dashboard/ui dashboard db/views db/replays db/account hono`,
  'dashboard/events': `dashboard/ui dashboard delivery db/views db/account db errors.ts webhook hono`,
  'dashboard/settings': `dashboard/ui dashboard account db/views db/account db errors.ts hono`,
  'dashboard/endpoints': `dashboard/ui dashboard account delivery db/views db/account db errors.ts webhook
    hono zod`,
  'dashboard/deliveries': `dashboard/ui dashboard delivery delivery/attempt db/views db/account db
    errors.ts webhook hono`,
  'dashboard/delivery': `dashboard/ui dashboard delivery delivery/attempt world.ts db/views db/lifecycle
    db errors.ts credentials webhook hono`,
  'dashboard/replays': `dashboard/ui dashboard account delivery/replay db/views db/replays
    db/account db errors.ts webhook hono`,
  'dashboard/ui': `dashboard quotas.ts db/views db/lifecycle db/account db hono jsonc-parser`,
  dashboard: `dashboard/assets http account world.ts db errors.ts webhook hono htmx.org zod`,
  'dashboard/assets': ``,

  'docs/app.tsx': `docs/guides docs docs/assets api/document api/http http wiring.ts config.ts errors.ts hono`,
  'docs/guides': `docs docs/samples api/document api/http limits.ts quotas.ts config.ts errors.ts hono`,
  docs: `api/document hono`,
  'docs/assets': ``,
  'docs/samples': `../test/recipes/** ../test/clients/**`,

  mcp: `api/http api delivery delivery/attempt errors.ts hono zod @modelcontextprotocol/server`,

  'api/app.ts': `api api/document api/http http account wiring.ts db hono`,
  api: `api/http account move delivery/replay delivery delivery/attempt delivery/send world.ts
    db/views db/lifecycle db/replays db/account db/move db/upkeep db json filter quotas.ts metrics.ts errors.ts webhook hono
    @hono/zod-openapi`,
  'api/document': `api/http errors.ts webhook @asteasolutions/zod-to-openapi @hono/zod-openapi zod`,
  'api/http': `http account world.ts db/account db limits.ts quotas.ts json errors.ts bounded-map.ts
    credentials webhook hono @hono/zod-openapi zod`,
  http: `world.ts errors.ts hono`,

  account: `delivery/upkeep delivery/attempt delivery/send delivery/transitions.ts world.ts db/views db/lifecycle
    db/account db json filter quotas.ts errors.ts bounded-map.ts credentials webhook zod`,

  'jobs.ts': `move delivery/replay delivery/upkeep delivery world.ts db/upkeep db errors.ts`,
  'wiring.ts': `delivery delivery/attempt delivery/send delivery/upkeep world.ts db limits.ts metrics.ts config.ts
    errors.ts bounded-map.ts credentials`,
  'delivery/receive.ts': `delivery/replay delivery/upkeep delivery world.ts errors.ts`,
  'delivery/replay': `delivery delivery/send delivery/transitions.ts world.ts db/lifecycle db/views db/replays
    db/account db filter limits.ts errors.ts webhook`,
  'delivery/upkeep': `delivery delivery/attempt delivery/transitions.ts world.ts db/views db/lifecycle db/account db/notices
    db/upkeep db quotas.ts metrics.ts errors.ts credentials`,
  delivery: `delivery/attempt delivery/turns.ts delivery/transitions.ts world.ts db/lifecycle db/account db/notices db
    filter limits.ts quotas.ts errors.ts bounded-map.ts credentials webhook`,
  'delivery/attempt': `delivery/send delivery/turns.ts world.ts db/lifecycle db/account db/notices db
    errors.ts bounded-map.ts limits.ts credentials webhook zod`,
  move: `world.ts db/move db/account db/upkeep db errors.ts`,
  'delivery/turns.ts': ``,
  'delivery/transitions.ts': `world.ts db`,
  'delivery/send': `world.ts errors.ts webhook zod`,
  'world.ts': `db/lifecycle db filter limits.ts quotas.ts metrics.ts config.ts bounded-map.ts credentials`,

  'db/move': `db/replays db/notices db/ordering db/upkeep db drizzle-orm zod`,
  'db/views': `db/lifecycle db/replays db/account db/ordering db/upkeep db drizzle-orm zod`,
  'db/lifecycle': `db/replays db/account db/notices db/ordering db/upkeep db quotas.ts webhook drizzle-orm zod`,
  'db/replays': `db/notices db/ordering db/upkeep db drizzle-orm zod`,
  'db/account': `db/notices db/ordering db quotas.ts drizzle-orm zod`,
  'db/notices': `db/upkeep db webhook drizzle-orm`,
  'db/ordering': `db webhook drizzle-orm`,
  'db/upkeep': `db quotas.ts drizzle-orm zod`,
  db: `quotas.ts errors.ts bounded-map.ts webhook drizzle-orm uuid zod node:zlib`,

  'limits.ts': `errors.ts bounded-map.ts`,
  'quotas.ts': `errors.ts`,
  'metrics.ts': ``,
  json: `errors.ts jsonc-parser`,
  filter: `big.js zod`,
  'config.ts': `zod`,
  'errors.ts': ``,
  'bounded-map.ts': ``,
  credentials: ``,
  webhook: ``,
  consumer: ``,
}

const NAMES = Object.keys(ROOMS)

// A file's own row takes it out of its folder, so it is read after its folder's.
const ROWS = filesLast(NAMES).map((room) => ({
  files: [isFile(room) ? `src/${room}` : `src/${room}/*`],
  rules: limit(room),
}))

function filesLast(names: string[]): string[] {
  return [...names.filter((name) => !isFile(name)), ...names.filter(isFile)]
}

function isFile(name: string): boolean {
  return /\.tsx?$/.test(name)
}

function limit(room: string): DummyRuleMap {
  const allowed = (ROOMS[room] ?? '').split(/\s+/).filter(Boolean)
  const above = allowed.filter((name) => name in ROOMS && !isBelow(room, name))
  if (above.length > 0)
    throw new Error(`${room} may not import what is above it: ${above.join(', ')}`)
  const patterns = filesLast([room, ...allowed]).flatMap((name) => toPatterns(room, name))
  return refuseAllBut(patterns, `${room} may import: ${allowed.join(', ') || 'nothing'}`)
}

function isBelow(room: string, other: string): boolean {
  return NAMES.indexOf(other) > NAMES.indexOf(room)
}

/** What a room's imports of another one look like: lines of a .gitignore, the last that matches counts. */
function toPatterns(room: string, name: string): string[] {
  // What is no code of ours, and shown as it is.
  if (name.startsWith('..')) return [`!${posix.relative(room, name)}`]
  if (!(name in ROOMS)) return [`!${name}`, `!${name}/**`]
  const path = posix.relative(isFile(room) ? posix.dirname(room) : room, name)
  const start = path.startsWith('..') ? path : ['.', path].filter(Boolean).join('/')
  if (isFile(name)) return [`!${start}`]
  const own = NAMES.filter((other) => isFile(other) && posix.dirname(other) === name)
  return [`!${start}/*`, ...own.map((file) => `${start}/${posix.basename(file)}`)]
}

function refuseAllBut(patterns: string[], message: string): DummyRuleMap {
  return {
    'no-restricted-imports': ['error', { patterns: [{ group: ['*', ...patterns], message }] }],
  }
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'vitest'],
  jsPlugins: [{ name: 'jsdoc-js', specifier: 'eslint-plugin-jsdoc' }],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['src/env.d.ts'],
  rules: {
    'max-lines': ['error', { max: 300 }],
    'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
    'no-unused-vars': ['error', { ignoreRestSiblings: true }],
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    // An `import('…')` in a type would pass by the rooms.
    'typescript/consistent-type-imports': 'error',
    // Batches, rounds and retries go one after the other on purpose.
    'no-await-in-loop': 'off',
    // House rule: an `as` has its proof on the line above, which the rule cannot read.
    'typescript/no-unsafe-type-assertion': 'off',
    'import/no-unassigned-import': 'off',
    'jsdoc-js/require-jsdoc': [
      'error',
      {
        publicOnly: true,
        require: { FunctionDeclaration: true, ClassDeclaration: true },
        contexts: [
          'ExportNamedDeclaration > TSTypeAliasDeclaration',
          'ExportNamedDeclaration > VariableDeclaration',
          'ExportNamedDeclaration > TSInterfaceDeclaration',
        ],
      },
    ],
  },
  overrides: [
    {
      files: ['src/**'],
      rules: {
        ...refuseAllBut([], 'This room has no row in oxlint.config.ts'),
        'no-restricted-globals': ['error', 'fetch'],
      },
    },
    ...ROWS,
    {
      files: ['src/wiring.ts', 'src/dev/*', 'src/dev/deploy/*', 'src/cli/api.ts'],
      rules: { 'no-restricted-globals': 'off' },
    },
    {
      files: ['test/**'],
      rules: { 'max-lines-per-function': 'off', 'jsdoc-js/require-jsdoc': 'off' },
    },
    {
      // As text a module has a default export.
      files: ['src/docs/samples/*'],
      rules: { 'import/default': 'off' },
    },
    {
      files: ['src/index.ts', 'src/dev-index.ts', '*.config.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
})
