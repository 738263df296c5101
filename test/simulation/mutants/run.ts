// Tests the testers: puts small bugs into the code, one at a time, and looks who notices.
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { Progress } from '../../../src/cli/progress.ts'
import { MUTANTS } from './all.ts'
import type { Mutant } from './mutant.ts'

/** Simulations at a time. */
const AT_ONCE = 2

/** A bug may make a run go on forever, which no invariant sees. */
const LONGEST_HUNT_MS = 300_000

/** Well over a test's own limit (vitest.config.ts), after which a file ends by itself if it can. */
const LONGEST_TEST_MS = 150_000

const HUNT = fileURLToPath(new URL('hunt.ts', import.meta.url).href)
const TESTS = fileURLToPath(new URL('tests.ts', import.meta.url).href)

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

/** A test that never ends is noticed as well as one that fails: by whoever waits for it. */
async function runTests(): Promise<void> {
  let tests: ChildProcess | undefined
  for (const mutant of forTests) {
    // A group of its own, so that one signal reaches the runtimes it started.
    tests ??= fork(TESTS, { detached: true })
    const failed = await huntByTest(tests, mutant)
    tell(
      mutant,
      failed !== '',
      `${mutant.killer}: ${failed === '' ? 'passes' : (failed ?? 'does not end')}`,
    )
    if (failed === undefined) {
      killGroup(tests)
      tests = undefined
    }
  }
  tests?.disconnect()
}

/** The test that failed, '' when none did, undefined when they did not end in time. */
async function huntByTest(tests: ChildProcess, mutant: Mutant): Promise<string | undefined> {
  tests.send(mutant)
  const [signal, ended] = [AbortSignal.timeout(LONGEST_TEST_MS), new AbortController()]
  const answered = once(tests, 'message', { signal }) as Promise<[string]>
  const exited = once(tests, 'exit', ended).then(() => {
    throw new Error(`the tests' process ended over: ${mutant.name}`)
  })
  const late = answered.catch((error: unknown) => {
    if (signal.aborted) return []
    throw error
  })
  try {
    const [failed] = await Promise.race([late, exited])
    return failed
  } finally {
    ended.abort()
    exited.catch(() => undefined)
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function tell({ name }: Mutant, isCaught: boolean, how: string): void {
  if (isCaught) caught += 1
  progress.print(`${isCaught ? 'caught' : 'MISSED'}  ${name}\n    ${how}`)
  progress.advance()
}
