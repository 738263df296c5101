-- What has happened to the service itself, until it is told: operational events are made of it.

-- id: what happened, so that it stands there once. type: the event's. about: the endpoint that it is about, which is not
-- told; NULL: none. data: JSON, the body's `data`; of exhausted deliveries, which are summed up, a list of the first.
-- count: how many those are. at: when it was, or the first of them. told_at: when it was told; NULL: it is not yet.
-- Told ones stay a while, so that they are not noted again; that an endpoint fails stays for as long as it does.
CREATE TABLE notices (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  about TEXT,
  data TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  at INTEGER NOT NULL,
  told_at INTEGER,
  PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_untold ON notices (at) WHERE told_at IS NULL;
CREATE INDEX notices_told ON notices (told_at) WHERE told_at IS NOT NULL;

-- The endpoints that any operational event is told to: by the first letters of the types, of which none is `call.`'s.
CREATE INDEX endpoints_told ON endpoints (org_id) WHERE enabled_events GLOB '*"[dekrs]*';

-- Keys that will end, the next first.
CREATE INDEX api_keys_ending ON api_keys (expires_at) WHERE expires_at IS NOT NULL AND revoked_at IS NULL;
