// What `npm run destroy` does: takes away all that a deployment has made, once its name was typed.
import { createInterface } from 'node:readline/promises'
import { readAccount, type Account } from '../provider/account.ts'
import { CommandError } from '../provider/error.ts'
import type { RunWrangler } from '../provider/run-wrangler.ts'
import { forget } from './secrets.ts'
import { commandFor, nameOf, readTarget, type Target } from '../provider/target.ts'

/** The world around it; `ask` answers what was typed, undefined where nobody can be asked. */
export type Tools = {
  run: RunWrangler
  say: (line: string) => void
  ask: (question: string) => Promise<string | undefined>
  memory: string
}

/** A command that takes one thing away, and what it is called. */
type Removal = { what: string; args: string[] }

/** Destroys an environment; `confirm` is its Worker's name, for scripts. @throws CommandError when it is another name. */
export async function destroy(
  tools: Tools,
  env: string,
  confirm: string | undefined,
): Promise<void> {
  const target = readTarget(env)
  if (confirm !== undefined) refuseOther(target, confirm)
  const account = await readAccount(tools.run, target)
  const removals = planRemovals(target, account)
  if (removals.length === 0) {
    tools.say(`Nothing of ${target.worker} (${nameOf(target)}) is there.`)
    return forget(tools.memory, target)
  }
  for (const { what } of removals) tools.say(`- ${what}`)
  if (confirm === undefined) await demandName(tools, target)
  for (const removal of removals) await remove(tools, target, removal)
  forget(tools.memory, target)
  tools.say(`${target.worker} is gone, with all its data.`)
}

/** What is there, in the order in which it can go: nobody consumes a queue that goes, nor uses a database. */
function planRemovals(target: Target, { databases, queues, worker }: Account): Removal[] {
  const { env, worker: name } = target
  const consumed = [...queues].filter(([, consumers]) => consumers.includes(name))
  return [
    ...consumed.map(([queue]) => ({
      what: `the Worker’s hold on the queue ${queue}`,
      args: ['queues', 'consumer', 'remove', queue, name],
    })),
    ...(worker ? [{ what: `the Worker ${name}`, args: ['delete', '--force', '--env', env] }] : []),
    ...[...queues.keys()].map((queue) => ({
      what: `the queue ${queue}, with its messages`,
      args: ['queues', 'delete', queue],
    })),
    ...[...databases.keys()].map((database) => ({
      what: `the database ${database}, with all its data`,
      args: ['d1', 'delete', database, '--skip-confirmation', '--env', env],
    })),
  ]
}

async function demandName({ ask }: Tools, target: Target): Promise<void> {
  const typed = await ask(`Type ${target.worker} to destroy all of this for good: `)
  if (typed !== undefined) return refuseOther(target, typed)
  throw new CommandError(
    `Nobody is here to type the name, and nothing was destroyed. A script says --confirm ${target.worker}.`,
  )
}

function refuseOther({ worker }: Target, typed: string): void {
  if (typed === worker) return
  throw new CommandError(`"${typed}" is not ${worker}: nothing was destroyed.`)
}

async function remove({ run, say }: Tools, target: Target, { args, what }: Removal): Promise<void> {
  const { fault } = await run(args)
  if (fault !== undefined) {
    throw new CommandError(
      `Failed to destroy ${what}: ${fault}\nRun ${commandFor('destroy', target)} again: it goes on with what is left.`,
    )
  }
  say(`… ${what} is gone`)
}

/** Asks whoever sits at the terminal. */
export async function askAtTerminal(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const typed = await terminal.question(question)
  terminal.close()
  return typed.trim()
}
