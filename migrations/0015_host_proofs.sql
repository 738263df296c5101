-- Hosts that have shown that they want webhooks: what goes to any other is limited, whoever aims it there.

-- host: as a request takes it, without a port. first_at: its first 2xx that was noted. seen_at: one of the newest, to the day.
-- proven_at: when it had answered so for long enough; NULL: it has not yet. Of the whole service, in the first database.
CREATE TABLE host_proofs (
  host TEXT NOT NULL PRIMARY KEY,
  first_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  proven_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX host_proofs_by_age ON host_proofs (seen_at);
