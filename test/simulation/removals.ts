// Tests the tester: takes something out of a copy of the code, and looks which invariant notices.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { BENDS, REMOVALS, type Edit, type Mutation } from './mutations.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href)

/** Simulations at a time. */
const AT_ONCE = 2

/** What a mutated copy is made of. */
const COPIED = ['src', 'migrations', 'test/simulation', 'package.json']

const results: boolean[] = []
const mutations = [...REMOVALS, ...BENDS]
for (let place = 0; place < mutations.length; place += AT_ONCE) {
  const some = mutations.slice(place, place + AT_ONCE)
  results.push(...(await Promise.all(some.map(isCaught))))
}
const passed = results.filter(Boolean).length
console.log(`${passed} passed, ${results.length - passed} failed`)
process.exitCode = passed === results.length ? 0 : 1

/** Prints how its invariant caught a mutation; false when it did not. */
async function isCaught({ name, invariant, edits }: Mutation): Promise<boolean> {
  const copy = mkdtempSync(join(tmpdir(), 'removal-'))
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    for (const edit of edits) apply(join(copy, 'src'), edit)
    const output = await simulate(copy, invariant)
    const caught = new RegExp(`^${invariant}: .*\n.*$`, 'm').exec(output)?.[0]
    console.log(`${caught ? 'caught' : 'MISSED'}  ${name}\n    ${caught ?? output}`)
    return caught !== undefined
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** @throws Error when the text is not there exactly once: then the mutation has to follow the code. */
function apply(src: string, [file, original, replacement]: Edit): void {
  const path = join(src, file)
  const [before, after, ...more] = readFileSync(path, 'utf8').split(original)
  if (after === undefined || more.length > 0) {
    throw new Error(`not exactly once in src/${file}: ${original}`)
  }
  writeFileSync(path, before + replacement + after)
}

/** The output of a simulation that ends as soon as an invariant is violated. */
async function simulate(copy: string, invariant: string): Promise<string> {
  const main = join(copy, 'test/simulation/main.ts')
  const child = spawn(process.execPath, [main, '--until', invariant, '--seed', '1'])
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return output + errors
}
