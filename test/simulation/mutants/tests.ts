// Mutants that a test has to notice: one Vitest, kept warm, runs the killer's file again for each. It is a
// process of its own, started by run.ts: a bug may make a test run forever, which only a kill ends.
import { createVitest, type Vite } from 'vitest/node'
import config from '../../../vitest.config.ts'
import { SRC, mutate, type Edit, type Mutant } from './mutant.ts'

let current: Edit[] = []
const plugin = {
  name: 'mutant',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.startsWith(SRC) ? mutate(code, id.slice(SRC.length), current) : undefined,
}
const projects = config.test?.projects ?? []
// vitest.config.ts writes each as an object.
for (const project of projects as Vite.UserConfig[]) (project.plugins ??= []).push(plugin)
const quiet = { watch: false, bail: 1, reporters: [{}] }
const vitest = await createVitest('test', { config: false, projects, ...quiet })

process.on('message', (mutant) => {
  // run.ts sends nothing else.
  void hunt(mutant as Mutant).then((failed) => process.send?.(failed ?? ''))
})
// However run.ts ended.
process.once('disconnect', () => void vitest.close().then(() => process.exit()))

/** The first test that failed; undefined when none did. */
async function hunt({ killer, edits }: Mutant): Promise<string | undefined> {
  current = edits
  for (const { vite } of vitest.projects) vite.moduleGraph.invalidateAll()
  const files = await vitest.globTestSpecifications([killer])
  if (files.length === 0) throw new Error(`no such test file: ${killer}`)
  const { testModules } = await vitest.runTestSpecifications(files)
  // Vitest answers with what it ran before, too.
  const killers = testModules.filter(({ moduleId }) => moduleId === files[0]?.moduleId)
  const [failed] = killers.flatMap(({ children }) => Array.from(children.allTests('failed')))
  return failed?.fullName
}
