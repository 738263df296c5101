-- Payloads that somebody asked to be deleted: the event stays, and so do its deliveries, but the call is gone.

-- When an event's payload was deleted. NULL: it is there. Where it is not, `call` is a text that no version of the code
-- reads as a call, so that nothing is sent of it, and `skipped` does not tell a refused URL any more.
ALTER TABLE events ADD COLUMN payload_deleted_at INTEGER;

-- The same on each delivery of such an event: whoever redelivers or replays does not look at events.
ALTER TABLE deliveries ADD COLUMN payload_deleted_at INTEGER;
