-- What isolates have counted, for /admin/metrics: an isolate's own counters die with it.

-- id: of the note, a UUIDv7; '' is the sum of those that were added up.
-- counts: JSON, a number by series. depths: JSON, messages that waited in each lane's queue.
CREATE TABLE counts (
  id TEXT NOT NULL PRIMARY KEY,
  counts TEXT NOT NULL,
  depths TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
