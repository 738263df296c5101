-- Endpoints that nobody fetches: whoever listens takes their deliveries from a stream. Their url is 'listen:', which
-- every check of a target refuses, so that code of before sends nothing either.

-- listener: the id of the stream that listens, or listened last; it says since when. A new one begins with an id of
-- its own. NULL: an endpoint that is sent to.
ALTER TABLE endpoints ADD COLUMN listener TEXT;

-- Those that nobody has listened to for longest come first: they are removed.
CREATE INDEX endpoints_by_listener ON endpoints (listener) WHERE listener IS NOT NULL;
