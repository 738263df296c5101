-- That a key's life is over stands in its org's audit log, which the cron writes, once.

-- expiry_logged_at: when it was written there; NULL: it was not, or not yet.
ALTER TABLE api_keys ADD COLUMN expiry_logged_at INTEGER;

-- Keys whose end is to be logged, the next first.
CREATE INDEX api_keys_unlogged ON api_keys (expires_at)
  WHERE expires_at IS NOT NULL AND revoked_at IS NULL AND expiry_logged_at IS NULL;
