// What a start of `npm run dev` before this one left leased: its queue is gone, and nobody is on any of it.
import { DatabaseSync } from 'node:sqlite'
import { findDatabaseFiles } from './databases.ts'

const HAS_DELIVERIES = `SELECT 1 FROM sqlite_master WHERE name = 'deliveries'`

/**
 * A lease ends when it was taken, which counts as no lapse but for copies; a recovery does not wait for what was in
 * flight; and a running replay's next step, whose message is gone, is so late that the cron sends it again.
 */
const FREE_LEASES = `
  UPDATE deliveries SET sweep_at = next_attempt_at WHERE stage = 'pending' AND sweep_at > next_attempt_at;
  UPDATE deliveries SET sweep_at = next_attempt_at, stage = 'pending' WHERE stage = 'new';
  UPDATE endpoints SET sweep_at = unixepoch() * 1000
  WHERE pace IS NOT NULL AND sweep_at > unixepoch() * 1000;
  UPDATE replay_copies SET sweep_at = unixepoch() * 1000 WHERE sweep_at > unixepoch() * 1000;
  UPDATE replays SET next_step_at = min(next_step_at, unixepoch() * 1000 - 300000)
  WHERE next_step_at IS NOT NULL`

/**
 * Ends every lease in the databases of the state, so that the first sweep takes what was leased. Only for
 * whoever is alone with the state.
 */
export function freeLeases(state: string): void {
  for (const file of findDatabaseFiles(state)) {
    const database = new DatabaseSync(file)
    if (database.prepare(HAS_DELIVERIES).get()) database.exec(FREE_LEASES)
    database.close()
  }
}
