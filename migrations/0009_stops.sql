-- What the operator has stopped: nothing of it is sent until the stop is taken away; what is due waits.

-- org_id: an org, or '' for all. host: of the URLs to which nothing is sent, or '' for all. So ('', '') is everything.
-- Those of an org are where that is; those of '' are in each database, because whatever is sent asks in its own.
-- Empty while nothing is stopped, so that to ask reads no row. reason: as the operator said it; NULL: he did not.
CREATE TABLE stops (
  org_id TEXT NOT NULL,
  host TEXT NOT NULL,
  reason TEXT,
  stopped_at INTEGER NOT NULL,
  PRIMARY KEY (org_id, host)
) STRICT, WITHOUT ROWID;
