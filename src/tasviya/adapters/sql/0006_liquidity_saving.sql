-- Passes over the queue: what each tried, what it settled, and what no pass could have settled more of. A row a
-- pass and currency. Amounts are minor units.

CREATE TABLE lsm_pass (
    seq           INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    trigger       TEXT NOT NULL,        -- schedule, demand, arrival
    currency      TEXT NOT NULL,
    algorithm     TEXT NOT NULL,        -- bilateral, fifo, free, rings
    tried         INTEGER NOT NULL,     -- payments that waited
    tried_minor   TEXT NOT NULL,
    pairs         INTEGER NOT NULL,     -- of those settled: by pairs of banks
    settled       INTEGER NOT NULL,
    settled_minor TEXT NOT NULL,
    trades        INTEGER NOT NULL,     -- trades settled with them
    needed_minor  TEXT NOT NULL,        -- money that settling them one by one would have needed beside
    bound_minor   TEXT NOT NULL         -- no set of them, in whatever order, settles more
);

CREATE TABLE liquidity_saving_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    bilateral INTEGER NOT NULL,
    on_arrival INTEGER NOT NULL,
    free_order INTEGER NOT NULL,
    PRIMARY KEY (scope, valid_from)
);
