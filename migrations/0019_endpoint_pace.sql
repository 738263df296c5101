-- How many requests a second an endpoint takes at most.

-- max_per_second: NULL, as many as there are. next_slot_at: the instant in ms, by the clock of whoever sent last, of the
-- first request that may follow on those that were given theirs; NULL: none was. fresh_from: the id before which nothing
-- that was never attempted waits for its turn; NULL: nothing does.
ALTER TABLE endpoints ADD COLUMN max_per_second INTEGER;
ALTER TABLE endpoints ADD COLUMN next_slot_at INTEGER;
ALTER TABLE endpoints ADD COLUMN fresh_from TEXT;
