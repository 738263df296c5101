// Schedules that once violated an invariant, each now a test: what was wrong, and the schedule.
export const REPLAYS: Record<string, string> = {
  'a redelivery acts once, though its answer was lost and another one came in between':
    '| event@0 click@20 click@20 | 200,500 | click1.db1=unseen',
  'a redelivery that acted is not refused, though its endpoint was disabled before its answer came':
    '| event@0 redeliver@20 click@20 disable@20.02 | 200 | redeliver1.db1=unseen',
  'a roll-up stops where another one, begun a moment before, has counted':
    'waits=60 seed=1 | event@0 count@0 count@0.005 event@130.005 | 404 |',
  'a disabling, repeated minutes after its lost answer, does not undo an enabling':
    '| event@0 disable@20 enable@100 | 500,200 | disable1.db1=unseen disable1.db2=late',
}
