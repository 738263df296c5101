// Bundles the command line for `npm pack`: one file that needs no other package, and no Node that runs TypeScript.
import { build } from 'esbuild'

/** The packages in it that are CommonJS ask for Node's own modules by `require`, which a module has not. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`

await build({
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  // The oldest that package.json's `engines` has.
  target: 'node20.12',
  minify: true,
  banner: { js: REQUIRE },
  logLevel: 'warning',
})
