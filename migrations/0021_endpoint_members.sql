-- What its customer notes on an endpoint.

-- metadata: a JSON object of texts by their names. NULL: nothing is noted.
ALTER TABLE endpoints ADD COLUMN metadata TEXT;
