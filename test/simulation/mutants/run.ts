// Tests the testers: puts small bugs into the code, one at a time, and looks who notices.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { Progress } from '../../../src/cli/progress.ts'
import { MUTANTS } from './all.ts'
import type { Mutant } from './mutant.ts'
import { openTests } from './tests.ts'

/** Simulations at a time. */
const AT_ONCE = 2

/** A bug may make a run go on forever, which no invariant sees. */
const LONGEST_HUNT_MS = 300_000

const HUNT = fileURLToPath(new URL('hunt.ts', import.meta.url).href)

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    sample: { type: 'string' },
    seed: { type: 'string' },
  },
})

const left = choose()
const isByTest = ({ killer }: Mutant): boolean => killer.endsWith('.test.ts')
const forTests = left.filter(isByTest)
const forSimulation = left.filter((mutant) => !isByTest(mutant))
const total = left.length
let caught = 0
const progress = new Progress(total, '', { unit: 'mutants' })
await Promise.all(Array.from({ length: AT_ONCE }, simulate))
await runTests()
progress.stop()
console.log(`${caught} of ${total} mutants caught`)
process.exitCode = caught === total ? 0 : 1

/** All, or those with a text in their name; of them so many by chance: other ones for each commit. */
function choose(): Mutant[] {
  const named = MUTANTS.filter(({ name }) => name.includes(values.only))
  if (values.sample === undefined) return named
  const seed = values.seed ?? commit()
  console.log(`--sample ${values.sample} --seed ${seed}`)
  const rank = ({ name }: Mutant): string =>
    createHash('md5')
      .update(seed + name)
      .digest('hex')
  return named.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, Number(values.sample))
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
}

/** Hunts mutants in threads, each with its own copy of the code in its memory. */
async function simulate(): Promise<void> {
  for (let mutant = forSimulation.shift(); mutant; mutant = forSimulation.shift()) {
    const hunt = new Worker(HUNT, { workerData: mutant })
    const signal = AbortSignal.timeout(LONGEST_HUNT_MS)
    // hunt.ts sends one text.
    const [answer] = (await once(hunt, 'message', { signal }).catch((error: unknown) => [
      String(error),
    ])) as [string]
    await hunt.terminate()
    tell(mutant, answer.startsWith(`${mutant.killer}: `), answer)
  }
}

async function runTests(): Promise<void> {
  if (forTests.length === 0) return
  const tests = await openTests()
  for (const mutant of forTests) {
    const failed = await tests.hunt(mutant)
    tell(mutant, failed !== undefined, `${mutant.killer}: ${failed ?? 'passes'}`)
  }
  await tests.close()
}

function tell({ name }: Mutant, isCaught: boolean, how: string): void {
  if (isCaught) caught += 1
  progress.print(`${isCaught ? 'caught' : 'MISSED'}  ${name}\n    ${how}`)
  progress.advance()
}
