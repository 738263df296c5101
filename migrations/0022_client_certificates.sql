-- Client certificates: which of those that the operator has bound is shown to a receiver that asks for one.

-- client_certificate: its name, which is what stands behind MTLS_ in the name of its binding, in small letters. What an
-- endpoint has is shown to its receiver; what its org has is what a new endpoint begins with. NULL: none.
ALTER TABLE orgs ADD COLUMN client_certificate TEXT;
ALTER TABLE endpoints ADD COLUMN client_certificate TEXT;
