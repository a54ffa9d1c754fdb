-- A record has a holder for each device of its person, at most three; which of them a record keeps an enrolment says.
CREATE TABLE devices_enrolments (
    person TEXT NOT NULL,
    schema TEXT NOT NULL,
    holder TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('protocol', 'assisted')),
    at INTEGER NOT NULL,
    PRIMARY KEY (person, schema, holder),
    UNIQUE (schema, holder)
) STRICT, WITHOUT ROWID;
INSERT INTO devices_enrolments SELECT person, schema, holder, source, at FROM enrolments;
DROP TABLE enrolments;
ALTER TABLE devices_enrolments RENAME TO enrolments;

-- One holder cannot hold two.
DROP INDEX one_live;
CREATE UNIQUE INDEX one_live ON credentials (person, schema, holder) WHERE state IN ('active', 'suspended');
DROP INDEX one_planned;
CREATE UNIQUE INDEX one_planned ON credentials (person, schema, holder) WHERE state = 'planned';

-- What becomes of the record's other devices when the offer is taken. Offers made before this ended them.
ALTER TABLE offers ADD COLUMN enrolment TEXT NOT NULL DEFAULT 'replace_all'
    CHECK (enrolment IN ('add', 'replace_all'));
ALTER TABLE tokens ADD COLUMN enrolment TEXT NOT NULL DEFAULT 'replace_all'
    CHECK (enrolment IN ('add', 'replace_all'));
