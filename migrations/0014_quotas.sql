-- What an org may have and do at most, where the operator has given it figures of its own, and what it uses of that.

-- quotas: JSON, a number by the quota's name; NULL: the usual ones. endpoints_made: how many endpoints it has made on the
-- day endpoints_made_on, in Unix days, those included that it has deleted since.
ALTER TABLE orgs ADD COLUMN quotas TEXT;
ALTER TABLE orgs ADD COLUMN endpoints_made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orgs ADD COLUMN endpoints_made_on INTEGER NOT NULL DEFAULT 0;

-- What is accepted by day, in Unix days, counted by the cron with what charts are drawn from. bytes: of the events and
-- deliveries, as far as they are long; what is pruned goes with its day.
CREATE TABLE usage (
  org_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  events INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (org_id, day)
) STRICT, WITHOUT ROWID;

-- What intake has to know of an org's quotas: figures of its own of how many events, and what it is over, until when
-- that holds unless it is found again. Empty while every org has the usual ones and is below them, so that to ask reads
-- no row. most: the quota; used: what of it, when the cron last looked; until: NULL: it is not over.
CREATE TABLE quota_marks (
  org_id TEXT NOT NULL,
  quota TEXT NOT NULL,
  most INTEGER NOT NULL,
  used INTEGER,
  until INTEGER,
  PRIMARY KEY (org_id, quota)
) STRICT, WITHOUT ROWID;
