-- What an operator wants to be done about a refusal: nothing, or that it is sent again.
ALTER TABLE refusal ADD COLUMN wanted TEXT CHECK (wanted = 'retry');

-- Since when, and behind which alert record, the next heartbeat of each tenant counts.
CREATE TABLE heartbeat (
    tenant   TEXT    NOT NULL PRIMARY KEY,
    since    INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When an entry was written, in milliseconds since 1970; 0 where nobody noted it.
ALTER TABLE alert ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
