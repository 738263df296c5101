-- When a delivery's most recent failure was, which may be long before its last attempt.

-- last_failure: JSON list: Unix ms at which the failure that last_error tells ended, and the row's updated_at with which
-- that was written; NULL: there was none, or nobody knows when. Whoever sets updated_at writes both anew.
ALTER TABLE deliveries ADD COLUMN last_failure TEXT;

-- last_error_at: that instant, unless updated_at is another by now. Then code of before has changed the row, maybe
-- last_error as well, and would have left here the instant of a failure that is no longer told: it is NULL instead.
ALTER TABLE deliveries ADD COLUMN last_error_at INTEGER
  AS (iif(last_failure ->> 1 = updated_at, last_failure ->> 0, NULL)) VIRTUAL;
