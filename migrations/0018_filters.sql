-- What an endpoint wants to hear of: a filter over the events' calls, JSON text as it was sent.

-- NULL: all that it is subscribed to.
ALTER TABLE endpoints ADD COLUMN filter TEXT;
-- So that an org without any reads no row to know that.
CREATE INDEX endpoints_filtered ON endpoints (org_id, id) WHERE filter IS NOT NULL;
