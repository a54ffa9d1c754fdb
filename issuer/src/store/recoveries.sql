-- Which bundle has the shares of the person secret that a record is kept with: the newest that one of its devices told.
CREATE TABLE bundles (
    person TEXT PRIMARY KEY,
    schema TEXT NOT NULL,                  -- of the identity credential that the device holds
    bundle TEXT NOT NULL,                  -- 64 lower-case hexadecimal digits
    at INTEGER NOT NULL                    -- when the desk heard of it first
) STRICT, WITHOUT ROWID;

-- Requests for the shares of a bundle, each with a second department's approval to come. The record is written before
-- anybody approves it, so that what comes back is compared with what went out.
CREATE TABLE recoveries (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    bundle TEXT NOT NULL,
    record TEXT NOT NULL UNIQUE,           -- identifier of the record
    proposal TEXT NOT NULL,                -- JSON, as the other department gets it
    clerk TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended INTEGER,                         -- when another took its place, or a reset made it useless
    plan INTEGER REFERENCES plans (id)     -- what carries it out, once it is approved and signed
) STRICT;
CREATE INDEX recoveries_person ON recoveries (person);
-- Trustees serve one key of a bundle, so one request of it waits at a time.
CREATE UNIQUE INDEX one_open_recovery ON recoveries (bundle) WHERE ended IS NULL AND plan IS NULL;
CREATE INDEX audit_clerk ON audit (clerk, act, at);
