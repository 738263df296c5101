-- Headers of an endpoint's own, that go along with what is sent to its origin.

-- headers_sealed: names and values, sealed as signing secrets are, for the org and the endpoint. headers_shown: what may be
-- told of them, a JSON list of `Name: …last`. NULL: it has none.
ALTER TABLE endpoints ADD COLUMN headers_sealed TEXT;
ALTER TABLE endpoints ADD COLUMN headers_shown TEXT;

-- What another key than the present one has sealed, which is sealed anew. Nothing is in it of an endpoint without headers.
CREATE INDEX endpoints_by_key ON endpoints (substr(headers_sealed, 1, instr(headers_sealed, '.') - 1))
  WHERE headers_sealed IS NOT NULL;
