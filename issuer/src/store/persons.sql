-- A person as a wallet proves it (decimal): H(TAG_PERSON, psk, department), and whose record it is beside. Nothing is
-- ever deleted here: what a reset ended is refused for ever.
CREATE TABLE persons (
    value TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    since TEXT NOT NULL,                   -- `person_since`: a day, 1970-01-01 at the first enrolment
    at INTEGER NOT NULL,                   -- when `since` was decided
    ended INTEGER                          -- when a reset ended it
) STRICT, WITHOUT ROWID;
CREATE INDEX persons_person ON persons (person);
CREATE UNIQUE INDEX one_person ON persons (person) WHERE ended IS NULL;

-- When the database was found to be older than the ledger and was brought together with it: what it has of persons may
-- be older than what was enrolled since.
CREATE TABLE restores (
    at INTEGER NOT NULL
) STRICT;

-- A reset waits for a second person like other acts, and a wallet that waits brings its person.
CREATE TABLE persons_proposals (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    clerk TEXT NOT NULL,
    schema TEXT NOT NULL,
    person TEXT,
    list INTEGER REFERENCES lists (id),
    act TEXT NOT NULL
        CHECK (act IN ('issue', 'revoke', 'suspend', 'restore', 'correct', 'paper', 'replace', 'reset')),
    cells TEXT,                            -- JSON: what a correction sets
    reason TEXT,
    looked_at TEXT,                        -- JSON: record and credential, or what the list would change
    holder TEXT,                           -- of `replace`: the holder value (decimal) that the wallet proved
    proved_person TEXT,                    -- of `replace`: the person (decimal) that it proved beside
    plan INTEGER REFERENCES plans (id),    -- what carries it out, once that is written
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined')),
    decided_by TEXT,
    decided_at INTEGER,
    outcome TEXT,
    CHECK ((person IS NULL) <> (list IS NULL))
) STRICT;
INSERT INTO persons_proposals (id, at, clerk, schema, person, list, act, cells, reason, looked_at, holder, plan, state,
        decided_by, decided_at, outcome)
    SELECT id, at, clerk, schema, person, list, act, cells, reason, looked_at, holder, plan, state,
        decided_by, decided_at, outcome FROM proposals;
DROP TABLE proposals;
ALTER TABLE persons_proposals RENAME TO proposals;
CREATE INDEX proposals_open ON proposals (id) WHERE state = 'open';
