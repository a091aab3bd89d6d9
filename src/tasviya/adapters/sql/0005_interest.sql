-- Interest on settlement accounts, and credit lines against collateral. Amounts are minor units, as text beyond
-- 63 bits; fractions of one are exact, numerator/denominator.

-- What was accrued, a row an account, kind and period: how it was reckoned, and what became of it.
CREATE TABLE interest_accrual (
    account_id    TEXT NOT NULL REFERENCES account (account_id),
    kind          TEXT NOT NULL,          -- deposit, overnight, intraday
    begins        TEXT NOT NULL,          -- the first day of interest
    ends          TEXT NOT NULL,          -- the first that no longer counts
    commit_seq    INTEGER NOT NULL,
    business_date TEXT NOT NULL,          -- whose closing, or opening, accrued it
    base          NOT NULL,               -- below zero: owed by the account's holder
    percent       TEXT NOT NULL,          -- yearly; a decimal
    day_count     TEXT NOT NULL,
    days          INTEGER NOT NULL,
    exact         TEXT NOT NULL,
    carried_in    TEXT NOT NULL,          -- what earlier rounding has put off
    due           NOT NULL,               -- below zero: the holder pays
    paid          NOT NULL,               -- of it at once, same sign
    carried       TEXT NOT NULL,          -- exact + carried_in - due
    posted_for    TEXT NOT NULL,          -- what the journal's postings are told apart by; empty if nothing was due
    words         TEXT NOT NULL,
    PRIMARY KEY (account_id, kind, begins, business_date)
);
CREATE INDEX interest_accrual_date ON interest_accrual (business_date);
CREATE INDEX interest_accrual_posted ON interest_accrual (posted_for) WHERE posted_for <> '';

-- What is carried on to the next accrual, and what of interest is still owed.
CREATE TABLE interest_state (
    account_id TEXT NOT NULL REFERENCES account (account_id),
    kind       TEXT NOT NULL,
    carried    TEXT NOT NULL,
    owed       NOT NULL,
    PRIMARY KEY (account_id, kind)
);

-- Until when each currency's interest has been accrued.
CREATE TABLE interest_until (
    currency TEXT PRIMARY KEY,
    until    TEXT NOT NULL
);

-- The union's dated facts of credit and interest.

CREATE TABLE credit_terms (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    deposit_percent TEXT NOT NULL,
    overnight_percent TEXT NOT NULL,
    intraday_percent TEXT NOT NULL,
    day_count TEXT NOT NULL,
    rounding TEXT NOT NULL,
    rounding_unit_minor INTEGER NOT NULL,
    PRIMARY KEY (currency, valid_from)
);

CREATE TABLE collateral_classes (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    asset_class TEXT NOT NULL,
    haircut_percent TEXT NOT NULL,
    PRIMARY KEY (currency, asset_class, valid_from)
);

CREATE TABLE collateral (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    reference TEXT NOT NULL,
    asset_class TEXT NOT NULL,
    value_minor INTEGER NOT NULL,
    valued_on TEXT NOT NULL,
    PRIMARY KEY (participant, currency, reference, valid_from)
);

ALTER TABLE credit_lines ADD COLUMN secured INTEGER NOT NULL DEFAULT 0;
