-- What a key lets whoever has it do.

-- scopes: JSON list of send, read, operate, manage; NULL: all of them, as of every key before this. It never changes.
-- Code of before does not look at it: to that, such a key may do everything.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
