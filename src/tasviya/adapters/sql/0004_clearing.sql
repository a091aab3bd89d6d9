-- The union route and its clearing cycles. Units are minor units of the union's unit; + is a claim on the union.

CREATE TABLE clearing_cycle (
    seq        INTEGER PRIMARY KEY,
    unit       TEXT NOT NULL,
    cut_off_on TEXT NOT NULL,           -- its last business date; empty: it is cut off by hand
    opened_at  INTEGER NOT NULL,
    status     TEXT NOT NULL,
    cut_off_at INTEGER NOT NULL,        -- 0: not yet
    settled_at INTEGER NOT NULL,        -- 0: not yet
    batch_seq  INTEGER NOT NULL,        -- the batch in which it bought what was due; 0 if none
    why        TEXT NOT NULL
);

-- What payments moved between positions, by paying and paid currency: the gross record behind a result.
CREATE TABLE clearing_flow (
    cycle_seq INTEGER NOT NULL REFERENCES clearing_cycle (seq),
    paying    TEXT NOT NULL,
    paid      TEXT NOT NULL,
    units     INTEGER NOT NULL,
    payments  INTEGER NOT NULL,
    PRIMARY KEY (cycle_seq, paying, paid)
);

-- A day's interest on positions, each with what it was reckoned from.
CREATE TABLE position_interest (
    business_date TEXT NOT NULL,
    currency      TEXT NOT NULL,
    cycle_seq     INTEGER NOT NULL REFERENCES clearing_cycle (seq),
    position      INTEGER NOT NULL,
    percent       TEXT NOT NULL,        -- yearly; a decimal
    days          INTEGER NOT NULL,
    interest      INTEGER NOT NULL,
    charge        INTEGER NOT NULL,
    carried       TEXT NOT NULL,        -- not yet a whole minor unit; a fraction
    PRIMARY KEY (business_date, currency)
);

-- Up to which commit positions have been stated: they are when a date is fixed.
CREATE TABLE position_statement (
    business_date TEXT PRIMARY KEY,
    last_commit   INTEGER NOT NULL
);

CREATE TABLE clearing_result (
    cycle_seq   INTEGER NOT NULL REFERENCES clearing_cycle (seq),
    currency    TEXT NOT NULL,
    institution TEXT NOT NULL,
    before      INTEGER NOT NULL,
    paid_in     INTEGER NOT NULL,
    paid_out    INTEGER NOT NULL,
    interest    INTEGER NOT NULL,
    quota       INTEGER NOT NULL,
    credit      INTEGER NOT NULL,
    overdue     INTEGER NOT NULL,       -- left unpaid by an earlier cycle
    money       INTEGER NOT NULL,
    discharged  INTEGER NOT NULL,
    PRIMARY KEY (cycle_seq, currency)
);

CREATE TABLE clearing_discharge (
    cycle_seq    INTEGER NOT NULL REFERENCES clearing_cycle (seq),
    debtor       TEXT NOT NULL,
    creditor     TEXT NOT NULL,
    units        INTEGER NOT NULL,
    how          TEXT NOT NULL,         -- own, debtor, third, unpaid
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    order_seq    INTEGER NOT NULL,      -- 0 if nothing was bought
    sold_minor   INTEGER NOT NULL
);
CREATE INDEX clearing_discharge_cycle ON clearing_discharge (cycle_seq);

-- Settlement institutions that have failed, and who has borne what. Units as above.
CREATE TABLE clearing_default (
    seq         INTEGER PRIMARY KEY,
    currency    TEXT NOT NULL,          -- the one that the institution settles
    institution TEXT NOT NULL,
    declared_at INTEGER NOT NULL,
    why         TEXT NOT NULL,
    unit        TEXT NOT NULL,
    owed        INTEGER NOT NULL,
    uncovered   INTEGER NOT NULL,       -- stays in its position
    after_cycle INTEGER NOT NULL,       -- the last cycle closed by then
    ended_at    INTEGER NOT NULL        -- 0: it lasts
);

CREATE TABLE clearing_loss (
    default_seq INTEGER NOT NULL REFERENCES clearing_default (seq),
    step        TEXT NOT NULL,          -- collateral, claims, own_contribution, default_fund, allocation
    currency    TEXT NOT NULL,          -- of the institution that bears it
    units       INTEGER NOT NULL,
    PRIMARY KEY (default_seq, step, currency)
);

ALTER TABLE payment ADD COLUMN unit_minor INTEGER NOT NULL DEFAULT 0;

-- The union's dated facts of clearing.

CREATE TABLE clearing_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    days INTEGER NOT NULL,
    zone TEXT NOT NULL,
    cutoff_at TEXT NOT NULL,
    settles_at TEXT NOT NULL,
    quota_percent TEXT NOT NULL,
    ceiling_percent TEXT NOT NULL,
    own_share TEXT NOT NULL,
    limit_basis_points INTEGER NOT NULL,
    charge_percent TEXT NOT NULL,
    charge_from TEXT NOT NULL,
    haircut_percent TEXT NOT NULL,
    loss_cap_percent TEXT NOT NULL,
    PRIMARY KEY (scope, valid_from)
);

CREATE TABLE clearing_bands (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    upto TEXT NOT NULL,
    money TEXT NOT NULL,
    PRIMARY KEY (upto, valid_from)
);

CREATE TABLE base_trade (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    units TEXT NOT NULL,
    PRIMARY KEY (member, valid_from)
);

CREATE TABLE contributions (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    units TEXT NOT NULL,
    PRIMARY KEY (member, valid_from)
);

CREATE TABLE accepted_money (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    choices TEXT NOT NULL,
    PRIMARY KEY (member, valid_from)
);
