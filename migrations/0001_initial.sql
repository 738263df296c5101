-- Rows written are the dearest thing D1 sells, and an index entry is a row written. So every hot
-- table is WITHOUT ROWID and its primary key is the order in which it is listed. There are no
-- foreign keys: each would cost a read per row written, and what they guard is guarded by the
-- single statement that writes parent and child.

CREATE TABLE orgs (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The public id is the part of a key that logs may name; the key itself is kept only as a digest.
CREATE TABLE api_keys (
  public_id TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_org ON api_keys (org_id, id);

-- Who is signed in to the dashboard. The cookie's token is kept only as a digest under the pepper.
CREATE TABLE sessions (
  digest TEXT NOT NULL PRIMARY KEY,
  key_public_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_age ON sessions (expires_at);

-- unwell_since: since when each of its last attempts failed or took more than a second; NULL: the last
-- one was well. What is made for it meanwhile takes the retry lane.
-- pace: how many of the deliveries parked for it may be in flight at once while it works them off: one at
-- first, more with each success, half after a failure; NULL: it works nothing off.
-- health: the two in a word; 'recovering' is one that is well again and works off what was parked for it.
-- sweep_at: when the sweep next looks at what is parked for it; NULL: it need not, because nothing is, or
-- because the endpoint is disabled.
CREATE TABLE endpoints (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  url TEXT NOT NULL,
  description TEXT,
  enabled_events TEXT NOT NULL,
  status TEXT NOT NULL,
  disabled_reason TEXT,
  disabled_at INTEGER,
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  sweep_at INTEGER,
  unwell_since INTEGER,
  pace INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  health TEXT NOT NULL AS (CASE WHEN unwell_since IS NOT NULL THEN 'unwell'
    WHEN pace IS NOT NULL THEN 'recovering' ELSE 'well' END) VIRTUAL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX endpoints_due ON endpoints (sweep_at) WHERE sweep_at IS NOT NULL;
CREATE INDEX endpoints_unwell ON endpoints (unwell_since) WHERE unwell_since IS NOT NULL;

-- What is left of an endpoint once it was deleted, until the last of its deliveries is pruned: nothing
-- that is accepted or sent reads this. sweep_at: when the sweep next ends what is still pending for it;
-- NULL: nothing is.
CREATE TABLE deleted_endpoints (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  description TEXT,
  deleted_at INTEGER NOT NULL,
  sweep_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_endpoints_due ON deleted_endpoints (sweep_at) WHERE sweep_at IS NOT NULL;

-- The owner is an endpoint, or the org itself for its default secret. expires_at NULL: the newest.
CREATE TABLE signing_secrets (
  org_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (org_id, owner_id, id)
) STRICT, WITHOUT ROWID;
-- The id of the key that sealed a secret stands before the first dot. What is still sealed under an
-- old key is then found, and counted for /healthz, without reading the rest.
CREATE INDEX signing_secrets_by_key ON signing_secrets (substr(sealed, 1, instr(sealed, '.') - 1));

-- Clustered by call, so that "the deliveries of this call" needs no index of its own. listed_under is
-- the call's id in lower case, or '' for an event that made no delivery: such an event is in no
-- call's list and is found by its id alone. call_id: as it was sent; NULL: it is listed_under.
-- call: the JSON text that was sent, or that text packed.
CREATE TABLE events (
  org_id TEXT NOT NULL,
  listed_under TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  call_id TEXT,
  created INTEGER NOT NULL,
  api_version TEXT NOT NULL,
  skipped TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  call TEXT NOT NULL,
  PRIMARY KEY (org_id, listed_under, id)
) STRICT, WITHOUT ROWID;

-- Clustered by stage: a status page is one range, the unfiltered list a merge of four, and a
-- delivery that finishes moves, which costs no more rows than updating it in place. The stage comes
-- before the org, so that the sweep walks the orgs that have any of a stage, one by one.
-- stage: the status, but that a pending delivery to which nothing has happened yet is 'new'. It is leased
-- from its insert, by the time in its id, and is found by the primary key alone: its only row written is
-- its own. Whatever happens to it first makes it something else, for good. Nobody outside is told of it.
-- status: what a delivery is to whoever asks. No index has it: conditions ask for the stage.
-- id: the event's id with its last four hex digits counting the fan-out from 0001.
-- version: how many outcomes and redeliveries have changed it, from 1. A queue message names one and
-- counts only while it holds, so that what is late or double changes nothing.
-- next_attempt_at: when the next attempt is meant to start; of one that is over, when the last one was.
-- sweep_at: when the sweep looks at it next, unless something happens before; situation says why.
-- situation: 'waiting', nobody is on it, and the sweep takes it when its attempt is due; 'leased', it is
-- queued or in flight, and the sweep takes it back should nothing come of that by sweep_at; 'parked', it
-- waits for its endpoint, which lets it go, so that the sweep looks past it; 'over', delivered or
-- exhausted: nothing happens by itself.
-- lapses: leases in a row that ended without an outcome; too many, and the delivery is given up.
-- is_manual, redelivered_by, resume_at: the attempt that is due was asked for by a person; by whom, as the
-- audit log names them; and where the automatic schedule goes on should that attempt fail.
-- last_error, last_response_status: of the newest attempt that failed, and of the newest one.
-- attempts: the log, and the last column that is stored, so that a list never walks through it.
CREATE TABLE deliveries (
  stage TEXT NOT NULL,
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  endpoint_id TEXT,
  call_id TEXT,
  event_type TEXT NOT NULL,
  url TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  attempt_count INTEGER NOT NULL DEFAULT 0,
  manual_retry_count INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  sweep_at INTEGER,
  resume_at INTEGER,
  is_manual INTEGER NOT NULL DEFAULT 0,
  lapses INTEGER NOT NULL DEFAULT 0,
  redelivered_by TEXT,
  last_error TEXT,
  last_response_status INTEGER,
  delivered_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  attempts TEXT NOT NULL DEFAULT '[]',
  status TEXT NOT NULL AS (CASE stage WHEN 'new' THEN 'pending' ELSE stage END) VIRTUAL,
  situation TEXT NOT NULL AS (CASE WHEN stage = 'new' THEN 'leased' WHEN stage <> 'pending' THEN 'over'
    WHEN sweep_at IS NULL THEN 'parked' WHEN sweep_at > next_attempt_at THEN 'leased'
    ELSE 'waiting' END) VIRTUAL,
  PRIMARY KEY (stage, org_id, id)
) STRICT, WITHOUT ROWID;
-- Without the org in front, so that a query which disables the primary key by +org_id rides it. The new
-- ones enter it with what happens to them first; a query has to say stage <> 'new' to be served by it.
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, stage, id) WHERE stage <> 'new';
-- The org in front, so that the sweep walks them one by one and takes from each in turn.
CREATE INDEX deliveries_due ON deliveries (org_id, sweep_at)
  WHERE stage = 'pending' AND sweep_at IS NOT NULL;
-- What an endpoint lets go, oldest first, once it is enabled or as it recovers. This index and the one
-- above ask for sweep_at, not for the situation, which would have to be worked out to keep them.
CREATE INDEX deliveries_parked ON deliveries (endpoint_id, id)
  WHERE stage = 'pending' AND sweep_at IS NULL;

-- token: what the first request wrote its own rows with, so that its own repetition is told from a
-- later request. snapshot: what is needed to give the first answer again.
CREATE TABLE idempotency_keys (
  org_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  token TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The host names that the service was called by, the 32 that were seen last: no webhook goes there.
CREATE TABLE own_hosts (
  host TEXT NOT NULL PRIMARY KEY,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Instants by a name: when each recurring job last ran (`sweep`, `job:…`), up to when deliveries were
-- counted for the charts (`stats`), when a secret last did not open; for /healthz.
CREATE TABLE heartbeats (
  name TEXT NOT NULL PRIMARY KEY,
  beat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that a queue gave up on, one row each however often it says so; kept for a day.
CREATE TABLE dead_letters (
  org_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  died_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, delivery_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX dead_letters_by_age ON dead_letters (died_at);

-- Who changed what, and from where; one row is written with each change and never again. Clustered by
-- org in the order of the ids, which is the order in time, so that the newest page needs no index.
-- actor: the public id of a key, or 'admin'. details: a JSON object without secrets.
CREATE TABLE audit_log (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT NOT NULL,
  ip TEXT,
  request_id TEXT NOT NULL,
  details TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- What the charts are drawn from: counted by the cron, some minutes after the deliveries were made, so
-- that accepting and sending them costs nothing more. hour: Unix hours. endpoint_id: '' for inline
-- deliveries. first_ok: delivered when they were counted. timed, latency_ms, slowest_ms: attempts that
-- were answered, what they took together, and the slowest one.
CREATE TABLE hourly_stats (
  org_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  endpoint_id TEXT NOT NULL,
  created INTEGER NOT NULL,
  first_ok INTEGER NOT NULL,
  timed INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  slowest_ms INTEGER NOT NULL,
  PRIMARY KEY (org_id, hour, endpoint_id)
) STRICT, WITHOUT ROWID;

-- The catalog: which database an org is in, by its binding's name. Kept in the first database, and only
-- for orgs that are in another one.
CREATE TABLE placements (
  org_id TEXT NOT NULL PRIMARY KEY,
  database TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The catalog, too: whose a key is, by which its database is found. Kept since there is more than one;
-- a key without a row is in the first.
CREATE TABLE key_owners (
  public_id TEXT NOT NULL PRIMARY KEY,
  org_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Orgs that are not at home here, or will not be for long. state: 'copying', a move is under way, and
-- nothing is pruned; 'leaving', it is fenced, and what would write is refused; 'gone', it is elsewhere, and
-- whoever looks for it here is told so. The last one stays for good. counted_to: the id before which its
-- deliveries were counted for the charts when it was fenced.
CREATE TABLE departures (
  org_id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  counted_to TEXT
) STRICT, WITHOUT ROWID;

-- Orgs that were moved here, or are on their way; for good, so that a step of an earlier move that comes late
-- is known. step: 'copying', 'settling' once it is fenced where it was, 'here'. counted_to: what that has
-- counted for the charts is not counted here.
CREATE TABLE arrivals (
  org_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  counted_to TEXT
) STRICT, WITHOUT ROWID;

-- Deliveries of an org on its way here that may have changed since they were looked at.
CREATE TABLE unsettled_deliveries (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- Of each org its last move; in the first database, with the catalog. number counts the org's moves. progress:
-- how far it is within its phase, as JSON; who carries it on changes it only where it is as it was read.
CREATE TABLE moves (
  org_id TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  from_database TEXT NOT NULL,
  to_database TEXT NOT NULL,
  phase TEXT NOT NULL,
  progress TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  rows_copied INTEGER NOT NULL,
  rows_deleted INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  fenced_at INTEGER,
  opened_at INTEGER,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
