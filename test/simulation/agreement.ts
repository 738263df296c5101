// The sample of schedules that runs on SQLite in this process and on D1, and what has to be the same.
import { parseSchedule, type Schedule } from './schedules/schedule.ts'
import type { Run } from './world/run.ts'

/** A few of everything: each action, most faults, clocks apart, chance. */
export const SAMPLE: Schedule[] = [
  '| event@0 | 200 |',
  '| event@0 | 500,429,200 | event1.db1=unseen',
  'waits=60 | event@0 | 500 | sweep1.send1=double consumer2.db2=lost',
  '| event@0 redeliver@20 | 200,500,200 | redeliver1.db1=lost consumer2.db2=crash',
  '| event@0 redeliver@consumer1.fetch1 click@20 | 500,hang,200 | consumer1.db2=late',
  '| event@0 disable@1 enable@100 | 500,200 | sweep1.db1=crashed',
  'endpoints=3 | event@0 delete:2@consumer1.fetch2 create@5 event@9 | 500,200 | event1.send1=drop',
  'endpoints=0 | event@0 rotate:0@10 | 500,302,200 | consumer1.fetch1=lost',
  'waits=60 disable=3 | event@0 event@0 event@0 event@0 enable@200 | 500,500,500,500,500,500,500,500,200 |',
  'skew=300,-300,120 seed=77 | event@0 overlap@1 event@2 purge@2.5 bare@3 | 500,200 | cron1=late cron2=doubled',
  'endpoints=2 | batch:3@0 replay@20 disable@22 pause@24 resume@30 | 200,500 |',
  'endpoints=2 | batch:3@0 copy@20 elsewhere@21 delete@22 | 200,500 200 500,200 | step1.send1=drop',
].map(parseSchedule)

/** What was signed, in an entry of the attempt log behind its id, its times and its number. */
const SIGNED = /(\\"[0-9a-f]{24}\\",\d+,(?:\d+|null),\[\d+),\\".*?\\"/g

/** The tables at the end, as text. Signatures are left out: in workerd they are not computed. */
export function tablesOf({ tables }: Run): string[] {
  return Object.values(tables).flatMap((rows) =>
    rows.map((row) => JSON.stringify(row).replaceAll(SIGNED, '$1')),
  )
}
