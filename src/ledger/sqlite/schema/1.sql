-- The first schema. Tables are named after what one row is, so that the ledger can be read with any SQLite tool.

-- Where one partition of one input stands.
CREATE TABLE position (
    source      TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (source, topic, partition)
) STRICT, WITHOUT ROWID;

-- What was learnt: one small entry each, as canonical JSON.
CREATE TABLE state (
    tenant TEXT NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;

-- The last sequence number that each stream has given out. Not the largest one present: settled entries are deleted.
CREATE TABLE stream (
    name          TEXT    NOT NULL PRIMARY KEY,
    last_sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO stream VALUES ('alert', 0), ('dead_letter', 0);

-- What must be told: alert records in the native format.
CREATE TABLE alert (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id       TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    tenant   TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    UNIQUE (id, seq)
) STRICT;

-- What could not be decoded. `digest` is over the other columns and the place in the commit.
CREATE TABLE dead_letter (
    sequence INTEGER NOT NULL PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    reason   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    origin   TEXT    NOT NULL,
    raw      BLOB    NOT NULL
) STRICT;

-- How far each sink has come in its stream.
CREATE TABLE cursor (
    sink     TEXT    NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a sink can never take, in the receiver's words.
CREATE TABLE refusal (
    sink     TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (sink, sequence)
) STRICT, WITHOUT ROWID;
