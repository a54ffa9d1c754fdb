-- What a proposal was made from, the wallets and papers that wait for a second person, and how much a list may change.
CREATE TABLE looked_at_proposals (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    clerk TEXT NOT NULL,
    schema TEXT NOT NULL,
    person TEXT,
    list INTEGER REFERENCES lists (id),
    act TEXT NOT NULL CHECK (act IN ('issue', 'revoke', 'suspend', 'restore', 'correct', 'paper', 'replace')),
    cells TEXT,                            -- JSON: what a correction sets
    reason TEXT,
    looked_at TEXT,                        -- JSON: record and credential, or what the list would change
    holder TEXT,                           -- of `replace`: the holder value (decimal) that the wallet proved
    plan INTEGER REFERENCES plans (id),    -- what carries it out, once that is written
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined')),
    decided_by TEXT,
    decided_at INTEGER,
    outcome TEXT,
    CHECK ((person IS NULL) <> (list IS NULL))
) STRICT;
INSERT INTO looked_at_proposals (id, at, clerk, schema, person, list, act, cells, reason, state, decided_by, decided_at, outcome)
    SELECT id, at, clerk, schema, person, list, act, cells, reason, state, decided_by, decided_at, outcome FROM proposals;
DROP TABLE proposals;
ALTER TABLE looked_at_proposals RENAME TO proposals;
CREATE INDEX proposals_open ON proposals (id) WHERE state = 'open';

-- Credentials that exist which a running list may change, and has changed.
ALTER TABLE lists ADD COLUMN may_touch INTEGER;
ALTER TABLE lists ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
-- A list that a second person approved before this was counted goes on.
UPDATE lists SET may_touch = (SELECT count(*) FROM lines WHERE lines.list = lists.id)
    WHERE state = 'running' AND id IN (SELECT list FROM proposals WHERE state = 'approved');

-- Who made an offer: in whose name a wallet that takes another's place is proposed.
ALTER TABLE offers ADD COLUMN clerk TEXT;
ALTER TABLE tokens ADD COLUMN clerk TEXT;
-- The holder value that is being served; another has to wait for a refusal of this one.
ALTER TABLE tokens ADD COLUMN claimed TEXT;

-- Identifiers of the records in a plan, so that the department's entries in the log can be told from those of others.
ALTER TABLE plans ADD COLUMN commit_id TEXT;
ALTER TABLE plans ADD COLUMN status_id TEXT;
UPDATE plans SET
    commit_id = (SELECT value ->> '$.record.id' FROM json_each(plans.entries)
        WHERE value ->> '$.record.kind' = 'credential.commit'),
    status_id = (SELECT value ->> '$.record.id' FROM json_each(plans.entries)
        WHERE value ->> '$.record.kind' = 'credential.status');
CREATE INDEX plans_commit_id ON plans (commit_id);
CREATE INDEX plans_status_id ON plans (status_id);
CREATE INDEX credentials_position ON credentials (position);
CREATE INDEX credentials_entry ON credentials (entry);
