-- Orgs that the operator has deleted: at once to whoever asks, and row by row, by the cron, in the tables.

-- An org is in it until nothing of it is left in this database.
CREATE TABLE deleted_orgs (
  org_id TEXT NOT NULL PRIMARY KEY,
  deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
