-- Replays that also make what endpoints have missed.

-- replay_id: the replay that made the delivery, of an event which its endpoint had missed; NULL: it was made with
-- its event. Behind the log, and few have one: of what is NULL the row's head tells all.
ALTER TABLE deliveries ADD COLUMN replay_id TEXT;

-- endpoint_id: the only endpoint that the event was for, which is so of a test; NULL: it was for all that take its type.
ALTER TABLE events ADD COLUMN endpoint_id TEXT;

-- Links that sign somebody in who has no API key: once, soon, and to do what the link says.

-- digest: of the link's token, which is stored nowhere. scopes: JSON list. key_public_id: whose link it is; with that
-- key its sessions end. session_ms: how long a session of it lasts. used_at: when it signed in, which it does once.
-- A session that it opened is known by `portal:` and the link's id in the place of a key.
CREATE TABLE portal_links (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  scopes TEXT NOT NULL,
  key_public_id TEXT NOT NULL,
  session_ms INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- The sessions of an org are those of its keys and its links.
CREATE INDEX sessions_by_key ON sessions (key_public_id);

-- Answer times as quantiles, which a mean and a slowest one cannot give.

-- latencies: JSON, the answered last attempts by what they took: a bucket's least ms, and how many are in it. '{}' of
-- what was counted before there were any.
ALTER TABLE hourly_stats ADD COLUMN latencies TEXT NOT NULL DEFAULT '{}';

-- What was done to an endpoint, found in the audit log without looking through it: its page marks that on the charts.
-- Redeliveries and replays, which are most of the log, are not in it.
CREATE INDEX audit_log_of_endpoints ON audit_log (org_id, target_id, id) WHERE target_type = 'endpoint';

-- Alerts of endpoints that were disabled automatically: each until it is enabled, or somebody dismisses the alert.

-- dismissed_at: the disabling whose alert was dismissed, by its disabled_at; NULL: none was.
ALTER TABLE endpoints ADD COLUMN dismissed_at INTEGER;
CREATE INDEX endpoints_alerting ON endpoints (org_id, disabled_at)
  WHERE disabled_reason = 'too_many_failures' AND dismissed_at IS NOT disabled_at;
