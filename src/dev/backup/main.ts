// What `npm run backup` and `npm run restore` run: the first argument is which.
import { readFlags, runOrExplain } from '../provider/flags.ts'
import { CommandError } from '../provider/error.ts'
import { runWrangler as run } from '../provider/run-wrangler.ts'
import { backUp } from './backup.ts'
import { restore } from './restore.ts'

const FLAGS = `
  --env NAME      an environment of wrangler.toml, such as staging; production without it
  --local         the database of npm run dev in .wrangler/state, which must not run meanwhile
  --help          this text`

const BACKUP = `npm run backup -- [flags]
${FLAGS}`

const RESTORE = `npm run restore -- --from FOLDER [flags]

  --from FOLDER   a backup: what npm run backup wrote${FLAGS}`

const say = (line: string) => console.log(line)

const COMMANDS: Record<string, () => Promise<void>> = {
  backup: async () => {
    const { env = '', local } = readFlags(BACKUP, ['env'], ['local'])
    const folder = await backUp(run, say, { env, isLocal: local !== undefined, at: new Date() })
    say(
      `It has what your customers sent: keep it as safe as the database. npm run restore -- --from ${folder}`,
    )
  },
  restore: async () => {
    const { env = '', from, local } = readFlags(RESTORE, ['env', 'from'], ['local'])
    if (from === undefined) throw new CommandError(`Say which backup: --from FOLDER.\n\n${RESTORE}`)
    await restore({ run, say }, { env, isLocal: local !== undefined }, from)
    say('Restored. npm run deploy brings it up to date and runs on it.')
  },
}

const command = COMMANDS[process.argv[2] ?? '']
if (!command) throw new Error(`There is no ${process.argv[2]}: ${Object.keys(COMMANDS).join(', ')}`)
await runOrExplain(command)
