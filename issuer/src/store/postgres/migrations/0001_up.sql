-- The first layout. One issuer in one database; all its tables stand in the schema "sanad".
-- Text is compared byte by byte ("C"), so that both stores put it in the same order, whatever the database sorts by.

CREATE SCHEMA sanad;

-- Which of these files was applied last.
CREATE TABLE sanad.schema_version (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL
);
INSERT INTO sanad.schema_version (version) VALUES (1);

-- Whose store this is, and the first number that was never reserved. Written when the store is made, never by a
-- migration: a store that starts again would give every status index a second time.
CREATE TABLE sanad.issuer (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    issuer text NOT NULL,
    next   bigint NOT NULL CHECK (next >= 0)
);

CREATE TABLE sanad.documents (
    number        bigint PRIMARY KEY CHECK (number >= 0),
    id            bytea NOT NULL UNIQUE CHECK (octet_length(id) = 8),
    -- Where it stands in its status list; the list is number / 2^20.
    entry         integer NOT NULL CHECK (entry BETWEEN 0 AND 1048575),
    -- Of the record it was made from.
    digest        bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    document      bytea NOT NULL,
    -- By what it is found.
    member_number text COLLATE "C",
    name          text COLLATE "C",
    delegation    text COLLATE "C"
);
-- Signed bytes do not get shorter: PostgreSQL shall not try.
ALTER TABLE sanad.documents ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE INDEX documents_by_member_number ON sanad.documents (member_number, number) WHERE member_number IS NOT NULL;
CREATE INDEX documents_by_name ON sanad.documents (name, number) WHERE name IS NOT NULL;
CREATE INDEX documents_by_delegation ON sanad.documents (delegation, number) WHERE delegation IS NOT NULL;

-- Requests that must not be carried out twice.
CREATE TABLE sanad.requests (
    client text COLLATE "C",
    key    text COLLATE "C",
    -- SHA-256 of what was asked.
    body   bytea NOT NULL CHECK (octet_length(body) = 32),
    -- The document that answered it.
    id     bytea NOT NULL CHECK (octet_length(id) = 8),
    PRIMARY KEY (client, key)
);

-- The status of 4,096 documents each, two bits an entry. A block that is not here is all valid.
CREATE TABLE sanad.status_blocks (
    list  bigint CHECK (list BETWEEN 0 AND 4294967295),
    block smallint CHECK (block BETWEEN 0 AND 255),
    bytes bytea NOT NULL CHECK (octet_length(bytes) = 1024),
    PRIMARY KEY (list, block)
) WITH (fillfactor = 50);
ALTER TABLE sanad.status_blocks ALTER COLUMN bytes SET STORAGE PLAIN;

-- How often each list was changed.
CREATE TABLE sanad.status_lists (
    list    bigint PRIMARY KEY CHECK (list BETWEEN 0 AND 4294967295),
    version bigint NOT NULL CHECK (version > 0)
) WITH (fillfactor = 50);

-- Small records of the service.
CREATE TABLE sanad.papers (
    kind    text COLLATE "C",
    id      text COLLATE "C",
    version bigint NOT NULL CHECK (version > 0),
    content bytea NOT NULL CHECK (octet_length(content) <= 4000),
    PRIMARY KEY (kind, id)
);

-- The audit log, and where it stands.
CREATE TABLE sanad.log (
    n    bigint PRIMARY KEY CHECK (n >= 0),
    line text NOT NULL
);
CREATE TABLE sanad.log_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    lines bigint NOT NULL CHECK (lines >= 0),
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);
