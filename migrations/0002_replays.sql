-- Replays of a range: what a person asked to be sent again, and how far that is. What a replay has done stands in
-- its deliveries and in the counts of its parts; only copies, which leave the deliveries alone, have rows of their own.

-- created_at: the set is what was created, and last changed, before it. filter: JSON, as it was asked for.
-- recipient: 'original', each delivery's own URL; 'current', its endpoint's. copies_to: another URL, which gets
-- copies and leaves the deliveries alone. total: how many matched; at least so many unless total_is_exact.
-- step: counts what has changed the replay, and fences what is late or double.
-- next_step_at: until when its pace is used up; its next step is due then. NULL: it is not running.
CREATE TABLE replays (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  filter TEXT NOT NULL,
  has_missing INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  copies_to TEXT,
  rate_per_second INTEGER NOT NULL,
  reason TEXT,
  created_by TEXT NOT NULL,
  total INTEGER NOT NULL,
  total_is_exact INTEGER NOT NULL,
  step INTEGER NOT NULL DEFAULT 1,
  next_step_at INTEGER,
  fault TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replays_due ON replays (next_step_at) WHERE next_step_at IS NOT NULL;

-- A replay's part for one endpoint, '' for inline deliveries: each goes through its own, oldest first.
-- cursor: the id up to which it has come. is_over: it has come to the end.
-- replayed, delivered, failed: deliveries it has sent, and what came of those attempts. skipped: JSON, a count by cause.
-- canary_sent, canary_failed: of the first ones since it was started or resumed; is_proven: one of them succeeded.
-- last_sent_at: when it sent last, for a canary of which nothing is heard.
CREATE TABLE replay_parts (
  org_id TEXT NOT NULL,
  replay_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  cursor TEXT NOT NULL DEFAULT '',
  is_over INTEGER NOT NULL DEFAULT 0,
  replayed INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  skipped TEXT NOT NULL DEFAULT '{}',
  canary_sent INTEGER NOT NULL DEFAULT 0,
  canary_failed INTEGER NOT NULL DEFAULT 0,
  is_proven INTEGER NOT NULL DEFAULT 0,
  last_sent_at INTEGER,
  PRIMARY KEY (org_id, replay_id, endpoint_id)
) STRICT, WITHOUT ROWID;

-- The copies that a replay has sent to another URL, a row each: one attempt, whose answer stays with the replay.
-- status: 'pending', 'delivered' or 'failed'; it fences what is late or double. sweep_at: when its lease ends;
-- NULL: it is over. lapses: leases in a row that ended without an outcome. entry: the attempt, as an entry of a
-- delivery's log; NULL: it was not made. updated_at: which copies a move takes along again.
CREATE TABLE replay_copies (
  org_id TEXT NOT NULL,
  replay_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  status TEXT NOT NULL,
  sweep_at INTEGER,
  lapses INTEGER NOT NULL DEFAULT 0,
  response_status INTEGER,
  error TEXT,
  updated_at INTEGER NOT NULL,
  entry TEXT,
  PRIMARY KEY (org_id, replay_id, delivery_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_copies_due ON replay_copies (sweep_at) WHERE sweep_at IS NOT NULL;
