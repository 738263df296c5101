-- The trace that an event was sent in, which its webhooks go on.

-- trace: `<trace id>-<flags>`, and a tracestate behind a space; NULL: it was sent in none. Code of before leaves it so.
ALTER TABLE events ADD COLUMN trace TEXT;
