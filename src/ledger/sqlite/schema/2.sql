-- Which ledger this is. One row, drawn once: a copy of the file is the same ledger, a new file never is.
CREATE TABLE identity (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32)
) STRICT, WITHOUT ROWID;
INSERT INTO identity VALUES (lower(hex(randomblob(16))));
