// The command line: callingbox-webhooks <command>.
import tab from '@bomb.sh/tab/citty'
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty'
import { deliveries } from './deliveries.ts'
import { endpoints } from './endpoints.ts'
import { events } from './events.ts'
import { CommandError, EXIT } from './exit.ts'
import { listen } from './listen.ts'
import { login, logout } from './login.ts'
import { replays } from './replays.ts'
import { verify } from './verify.ts'

const COMMANDS = { login, logout, endpoints, deliveries, events, replays, listen, verify }

const main = defineCommand({
  meta: {
    name: 'callingbox-webhooks',
    description: 'Webhooks of CallingBox: find, replay, verify',
  },
  subCommands: COMMANDS,
})

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

/** What the script for bash asks the package bash-completion for, which not everybody has. */
const WORDS_IN_BASH = `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
}`

process.exitCode = await run(process.argv.slice(2))

async function run(args: string[]): Promise<number> {
  try {
    const isCompletion = args[0] === 'complete'
    if (isCompletion && args[1] === 'bash') console.log(WORDS_IN_BASH)
    if (isCompletion) await tab(main)
    else if (await explain(args)) return 0
    await runCommand(main, { rawArgs: args })
    return 0
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return statusOf(error)
  }
}

/** Prints the usage of what is asked with --help, or of a group that says no command. */
async function explain(args: string[]): Promise<boolean> {
  const names = args.filter((arg) => !arg.startsWith('-'))
  const { command, parent, isGroup } = find(names)
  const isAsked = args.some((arg) => arg === '--help' || arg === '-h')
  if (!isAsked && !(isGroup && args.length === names.length && command)) return false
  if (command) console.log(await renderUsage(command, parent))
  return command !== undefined
}

/** The command that names lead to; undefined when there is none of that name. */
function find(names: string[]) {
  let [command, parent]: (CommandDef | undefined)[] = [main, undefined]
  for (const name of names) {
    const below: Record<string, CommandDef> | undefined = subCommandsOf(command)
    if (!below) break
    ;[command, parent] = [below[name], command]
  }
  return { command, parent, isGroup: subCommandsOf(command) !== undefined }
}

function subCommandsOf(command: CommandDef | undefined): Record<string, CommandDef> | undefined {
  // Ours are given as they are, not as promises.
  return command?.subCommands as Record<string, CommandDef> | undefined
}

/** What citty refuses is a matter of usage. */
function statusOf(error: unknown): number {
  if (error instanceof CommandError) return error.status
  return error instanceof Error && error.name === 'CLIError' ? EXIT.usage : EXIT.failed
}
