-- What an endpoint is to its customer: notes on it, and the name that it has in a system of theirs.

-- metadata: a JSON object of texts by their names. NULL: nothing is noted.
ALTER TABLE endpoints ADD COLUMN metadata TEXT;

-- external_id: what it is called in its customer's own system, unique in the org. NULL: nothing.
ALTER TABLE endpoints ADD COLUMN external_id TEXT;
-- By which it is found. Nothing is in it of an endpoint without one.
CREATE UNIQUE INDEX endpoints_by_external_id ON endpoints (org_id, external_id) WHERE external_id IS NOT NULL;
