// What `npm run backup` and `npm run restore` run: the first argument is which.
import { readFlags, runOrExplain } from '../provider/flags.ts'
import { CommandError } from '../provider/error.ts'
import { runWrangler as run } from '../provider/run-wrangler.ts'
import { backUp } from './backup.ts'
import { refuseWhileRunning } from './place.ts'
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
    const place = { env, isLocal: local !== undefined }
    await refuseWhileRunning(place)
    await backUp(run, say, { ...place, at: new Date() })
  },
  restore: async () => {
    const { env = '', from, local } = readFlags(RESTORE, ['env', 'from'], ['local'])
    if (from === undefined) throw new CommandError(`Say which backup: --from FOLDER.\n\n${RESTORE}`)
    const place = { env, isLocal: local !== undefined }
    await refuseWhileRunning(place)
    await restore({ run, say }, place, from)
  },
}

const command = COMMANDS[process.argv[2] ?? '']
if (!command) throw new Error(`There is no ${process.argv[2]}: ${Object.keys(COMMANDS).join(', ')}`)
await runOrExplain(command)
