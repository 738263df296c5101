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
  'a slow attempt whose record fails is left to its lease, for its message is gone':
    'room=0 | event@0 delete@consumer1.fetch1 | 500 | consumer1.db2=reset consumer1.db4=crash',
  'a slow attempt is left to its lease, though its batch had nothing to write':
    'endpoints=0 room=0 | event@0 | 500,200 | consumer1.fetch1=stall consumer1.db2=crash',
  'slow attempts that end after their batch count in the order in which they began':
    'waits=60 disable=1 room=0 | event@0 event@0 enable@400 | 500,500,500,hang,200 | consumer2.fetch1=crash consumer3.fetch2=stall',
  'what is sent once more has the instant that it was put together with, where there are several databases':
    'waits=60 databases=2 | event@0 event@0 | 404 | event1.db1=late consumer1.db3=reset',
  'two attempts at one delivery that began in the same millisecond are recorded each':
    'waits=60,300,1800 skew=0,0,300 seed=46695 | event@0 event@0 | hang |',
  'what is early comes back at once when only the catalog could be read':
    'databases=2 endpoints=2 skew=-300,45,300 | event@0 batch:4@61 elsewhere@61 | 200 429,hang,500 200 | consumer4.db2=refused',
  'two endpoints with one URL have room of their own':
    'waits=60 endpoints=2 skew=0,300,0 room=2 | event@0 create@400 cancel:3@420 purge@440 enable:4@460 click:3@7760 event@7760.03 disable:2@8160.03 rotate:3@8161.03 discard:4@8561.03 event@8561.09 event:3@8561.09 | 500,204,500,200,hang | consumer1.fetch1=refused',
}
