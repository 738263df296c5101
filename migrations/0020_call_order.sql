-- Ordering: what is sent to an endpoint about one call goes one after the other, where the endpoint asks for that.

-- ordering_max_wait: for how many seconds at most a delivery waits for the one before it. NULL: none waits. 0: none does any
-- more, and the sweep lets go those that still do.
ALTER TABLE endpoints ADD COLUMN ordering_max_wait INTEGER;
-- So that an org without any reads no row to know that, and a sweep none to know that nothing is to be let go.
CREATE INDEX endpoints_ordered ON endpoints (org_id, id) WHERE ordering_max_wait > 0;
CREATE INDEX endpoints_unordered ON endpoints (ordering_max_wait, org_id, id) WHERE ordering_max_wait = 0;

-- Of each call the delivery that was stored last for such an endpoint, for which the next one waits while that is pending; it goes
-- with its delivery. call_id: in lower case.
CREATE TABLE call_ends (
  org_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  call_id TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  PRIMARY KEY (org_id, endpoint_id, call_id)
) STRICT, WITHOUT ROWID;

-- Deliveries that were stored behind another one, each while it is at its first version and that other one is pending; the rest is
-- left over. They are rows of their own, so that whoever orders nothing pays for none of it.
CREATE TABLE call_waits (
  org_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  id TEXT NOT NULL,
  behind TEXT NOT NULL,
  PRIMARY KEY (org_id, endpoint_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_waits_by_front ON call_waits (org_id, behind);
