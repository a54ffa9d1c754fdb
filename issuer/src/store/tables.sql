-- What the department knows about people; imported.
CREATE TABLE IF NOT EXISTS records (
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    attributes TEXT NOT NULL,              -- JSON as Values::to_json writes it
    PRIMARY KEY (person, schema)
) STRICT, WITHOUT ROWID;

-- Which holder value (decimal) speaks for a person, per schema. One person each.
CREATE TABLE IF NOT EXISTS enrolments (
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    holder TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('protocol', 'assisted')),
    at INTEGER NOT NULL,
    PRIMARY KEY (person, schema),
    UNIQUE (schema, holder)
) STRICT, WITHOUT ROWID;

-- Signed batches. Written before they are sent, so that whatever happens the same bytes can be sent again.
CREATE TABLE IF NOT EXISTS plans (
    id INTEGER PRIMARY KEY,
    entries TEXT NOT NULL,                 -- JSON array of signed entries
    commit_at INTEGER,                     -- which of them commits credentials, if any
    state TEXT NOT NULL CHECK (state IN ('pending', 'landed', 'refused')),
    refusal TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS plans_pending ON plans (id) WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS credentials (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    holder TEXT NOT NULL,
    attributes TEXT NOT NULL,
    salt TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    plan INTEGER NOT NULL REFERENCES plans (id),
    place INTEGER NOT NULL,                -- index within the commit record
    state TEXT NOT NULL CHECK (state IN ('planned', 'active', 'suspended', 'revoked')),
    reason TEXT,                           -- of the last change
    withdrawn INTEGER NOT NULL DEFAULT 0,  -- 1 where staff took it away, 0 where a newer one replaced it
    position INTEGER,
    entry INTEGER
) STRICT;
-- One citizen cannot hold two.
CREATE UNIQUE INDEX IF NOT EXISTS one_live ON credentials (person, schema) WHERE state IN ('active', 'suspended');
CREATE UNIQUE INDEX IF NOT EXISTS one_planned ON credentials (person, schema) WHERE state = 'planned';
CREATE INDEX IF NOT EXISTS credentials_person ON credentials (person, schema);
CREATE INDEX IF NOT EXISTS credentials_holder ON credentials (schema, holder);
CREATE INDEX IF NOT EXISTS credentials_plan ON credentials (plan);

-- What a plan does to credentials that exist.
CREATE TABLE IF NOT EXISTS changes (
    plan INTEGER NOT NULL REFERENCES plans (id),
    credential INTEGER NOT NULL REFERENCES credentials (id),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
    reason TEXT NOT NULL,
    withdrawn INTEGER NOT NULL,
    PRIMARY KEY (plan, credential)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changes_credential ON changes (credential);

-- Offers by digest of their identifier; codes follow from identifiers and are not stored.
CREATE TABLE IF NOT EXISTS offers (
    offer BLOB PRIMARY KEY,
    code BLOB NOT NULL UNIQUE,
    tx_code BLOB NOT NULL,
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    redeemed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Access tokens by digest. After the first credential a token serves only the same holder again.
CREATE TABLE IF NOT EXISTS tokens (
    token BLOB PRIMARY KEY,
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    holder TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notifications (
    id BLOB PRIMARY KEY,
    credential INTEGER NOT NULL REFERENCES credentials (id),
    event TEXT
) STRICT, WITHOUT ROWID;

-- What staff and citizens did, for the department's own audit.
CREATE TABLE IF NOT EXISTS acts (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    act TEXT NOT NULL,
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    reason TEXT
) STRICT;

-- Numbers of people for addresses of pages, so that no identity number stands in one.
CREATE TABLE IF NOT EXISTS people (
    no INTEGER PRIMARY KEY,
    person TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS records_name ON records (json_extract(attributes, '$.name'));

-- Which token an offer was redeemed for, so that the desk's page sees the credential being received.
CREATE TABLE IF NOT EXISTS deliveries (
    offer BLOB PRIMARY KEY,
    token BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what at the desk. A line is written before the act; `outcome` says how it ended, and is empty after a crash.
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    clerk TEXT NOT NULL,
    act TEXT NOT NULL,
    person TEXT,
    schema TEXT,
    detail TEXT,
    outcome TEXT
) STRICT;

-- Lists that staff uploaded.
CREATE TABLE IF NOT EXISTS lists (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    clerk TEXT NOT NULL,
    file TEXT NOT NULL,
    schema TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('issue', 'revoke', 'suspend', 'restore')),
    reason TEXT,                           -- of acts other than `issue`
    state TEXT NOT NULL CHECK (state IN ('preview', 'proposed', 'running', 'done', 'dropped'))
) STRICT;
CREATE INDEX IF NOT EXISTS lists_running ON lists (id) WHERE state = 'running';

CREATE TABLE IF NOT EXISTS lines (
    list INTEGER NOT NULL REFERENCES lists (id),
    line INTEGER NOT NULL,                 -- from 1
    person TEXT NOT NULL,                  -- empty where the cell is no identity number
    cells TEXT,                            -- JSON; forgotten when the list has ended
    preview TEXT NOT NULL,                 -- JSON
    outcome TEXT,                          -- JSON, once it is done
    PRIMARY KEY (list, line)
) STRICT, WITHOUT ROWID;

-- What waits for a second pair of eyes: an act on one person's credential, or a list.
CREATE TABLE IF NOT EXISTS proposals (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    clerk TEXT NOT NULL,
    schema TEXT NOT NULL,
    person TEXT,
    list INTEGER REFERENCES lists (id),
    act TEXT NOT NULL CHECK (act IN ('issue', 'revoke', 'suspend', 'restore', 'correct')),
    cells TEXT,                            -- JSON: what a correction sets
    reason TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined')),
    decided_by TEXT,
    decided_at INTEGER,
    outcome TEXT,
    CHECK ((person IS NULL) <> (list IS NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS proposals_open ON proposals (id) WHERE state = 'open';
