-- The exchange: orders, batches and what they came to. Amounts are minor units; a limit is
-- tick / 10^exponent of its pair, minor units bought for one sold.

ALTER TABLE payment ADD COLUMN route TEXT NOT NULL DEFAULT 'gross';
-- Of a payment in two currencies: which side is fixed ('in', 'out'), what its payer's bank is debited in, and
-- how much: fixed, the most, or, once settled, what it was.
ALTER TABLE payment ADD COLUMN fixed TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN debit_currency TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN debit_minor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';

CREATE TABLE exchange_pair (
    sell     TEXT NOT NULL,
    buy      TEXT NOT NULL,
    exponent INTEGER NOT NULL,
    PRIMARY KEY (sell, buy)
);

CREATE TABLE exchange_order (
    seq         INTEGER PRIMARY KEY,
    order_id    TEXT NOT NULL,
    participant TEXT NOT NULL,
    sell        TEXT NOT NULL,
    buy         TEXT NOT NULL,
    kind        INTEGER NOT NULL,       -- 0: it sells `quantity`; 1: it buys it
    quantity    INTEGER NOT NULL,       -- what is left of it
    tick        INTEGER NOT NULL,
    whole       INTEGER NOT NULL,
    payment_seq INTEGER NOT NULL,       -- 0 if it serves none
    settlement_date TEXT NOT NULL,
    entered_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,       -- 0: with its day
    quote_seq   INTEGER NOT NULL,       -- 0 if it came from none
    status      TEXT NOT NULL,
    held        INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    hold        TEXT NOT NULL,
    sold        INTEGER NOT NULL,
    bought      INTEGER NOT NULL,
    batch_seq   INTEGER NOT NULL,
    note        TEXT NOT NULL
);
CREATE UNIQUE INDEX exchange_order_identity ON exchange_order (order_id);
CREATE INDEX exchange_order_open ON exchange_order (status) WHERE status = 'open';
CREATE INDEX exchange_order_payment ON exchange_order (payment_seq) WHERE payment_seq <> 0;

-- Firm two-way quotes. Each stands in the book as up to two orders, which hold what it promises.
CREATE TABLE exchange_quote (
    seq           INTEGER PRIMARY KEY,
    quote_id      TEXT NOT NULL,
    provider      TEXT NOT NULL,
    base          TEXT NOT NULL,
    counter       TEXT NOT NULL,
    bid_tick      INTEGER NOT NULL,     -- ticks of base/counter
    ask_tick      INTEGER NOT NULL,
    bid_minor     INTEGER NOT NULL,     -- of the base currency, as given
    ask_minor     INTEGER NOT NULL,
    given_at      INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
);
CREATE UNIQUE INDEX exchange_quote_identity ON exchange_quote (quote_id);
CREATE INDEX exchange_order_quote ON exchange_order (quote_seq) WHERE quote_seq <> 0;

-- A batch as it was decided: all a member needs to check it again.
CREATE TABLE exchange_batch (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    certified INTEGER NOT NULL,
    why       TEXT NOT NULL,
    orders    INTEGER NOT NULL,
    filled    INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    digest    BLOB NOT NULL,            -- SHA-256 of question and answer
    question  BLOB NOT NULL,            -- currencies, exponents and orders, packed
    answer    BLOB NOT NULL             -- prices, fills and dust, packed
);

CREATE TABLE exchange_price (
    batch_seq INTEGER NOT NULL REFERENCES exchange_batch (seq),
    currency  TEXT NOT NULL,
    price     INTEGER NOT NULL,         -- of one minor unit; only ratios mean anything; 0: none
    dust      INTEGER NOT NULL,
    value     TEXT NOT NULL,            -- of one unit, in the union's common measure; a decimal
    PRIMARY KEY (batch_seq, currency)
);

CREATE TABLE exchange_fill (
    batch_seq INTEGER NOT NULL REFERENCES exchange_batch (seq),
    order_seq INTEGER NOT NULL REFERENCES exchange_order (seq),
    sold      INTEGER NOT NULL,
    bought    INTEGER NOT NULL,
    PRIMARY KEY (batch_seq, order_seq)
);
CREATE INDEX exchange_fill_order ON exchange_fill (order_seq);

-- What one unit of each currency is worth to the exchange now: by the last batch, or by a later fixing. All in
-- one measure.
CREATE TABLE exchange_value (
    currency TEXT PRIMARY KEY,
    value    TEXT NOT NULL,             -- a decimal
    source   TEXT NOT NULL              -- batch, fixing
);

-- The daily fixings, and what each came to; what was fixed once stays.
CREATE TABLE fixing (
    business_date TEXT PRIMARY KEY,
    at            INTEGER NOT NULL,
    without       TEXT NOT NULL         -- currencies that have never had a rate
);

-- Official rates, a row a currency and business date.
CREATE TABLE official_rate (
    currency      TEXT NOT NULL,
    business_date TEXT NOT NULL REFERENCES fixing (business_date),
    value         TEXT NOT NULL,        -- of one unit, the members' geometric mean being 1; a decimal
    level         TEXT NOT NULL,        -- where it comes from: batch, quotes, central_bank, last
    evidence      TEXT NOT NULL,        -- the batch, the contributors or the central bank
    fixed_on      TEXT NOT NULL,        -- the date that it was found for: an earlier one if it is stale
    variance      TEXT NOT NULL,        -- of a day's move, parts of 10^18
    disputed      TEXT NOT NULL,        -- a value that one source alone gave and that was not taken; else empty
    suspended     INTEGER NOT NULL,     -- 1: too old to exchange at
    PRIMARY KEY (currency, business_date)
);

-- The union's unit of account. A basket's amounts hold from a date until the next basket's.
CREATE TABLE unit_basket (
    code       TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    currency   TEXT NOT NULL,
    amount     TEXT NOT NULL,           -- units of the currency in one of the unit; a decimal
    weight     TEXT NOT NULL,           -- its part at average rates; a decimal
    anchor     INTEGER NOT NULL,        -- 1: its amount absorbs the rounding
    PRIMARY KEY (code, valid_from, currency)
);

CREATE TABLE unit_fixing (
    code          TEXT NOT NULL,
    business_date TEXT NOT NULL REFERENCES fixing (business_date),
    basket_from   TEXT NOT NULL,        -- whose amounts it was valued by; empty if it has no value
    interest      TEXT NOT NULL,        -- yearly percent; empty without a rate for every currency held
    why           TEXT NOT NULL,        -- what it lacks, if anything
    PRIMARY KEY (code, business_date)
);

CREATE TABLE unit_value (
    code          TEXT NOT NULL,
    business_date TEXT NOT NULL REFERENCES fixing (business_date),
    currency      TEXT NOT NULL,
    value         TEXT NOT NULL,        -- of one unit, 6 significant digits
    share         TEXT NOT NULL,        -- of the currency in the unit, percent; empty if it holds none
    PRIMARY KEY (code, business_date, currency)
);

-- The union's dated facts of its exchange.

CREATE TABLE exchange_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    batch_minutes INTEGER NOT NULL,
    default_route TEXT NOT NULL,
    limit_basis_points INTEGER NOT NULL,
    largest_batch INTEGER NOT NULL,
    quote_basis_points INTEGER NOT NULL,
    quote_minutes INTEGER NOT NULL,
    PRIMARY KEY (scope, valid_from)
);

CREATE TABLE exchange_routes (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    sell TEXT NOT NULL,
    buy TEXT NOT NULL,
    route TEXT NOT NULL,
    PRIMARY KEY (sell, buy, valid_from)
);

CREATE TABLE central_bank_rates (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (currency, valid_from)
);

CREATE TABLE fixing_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    orders_min INTEGER NOT NULL,
    banks_min INTEGER NOT NULL,
    contributors_min INTEGER NOT NULL,
    stale_days_max INTEGER NOT NULL,
    sigmas INTEGER NOT NULL,
    PRIMARY KEY (scope, valid_from)
);

CREATE TABLE unit_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    cap TEXT NOT NULL,
    floor TEXT NOT NULL,
    base_fixings INTEGER NOT NULL,
    anchor TEXT NOT NULL,
    PRIMARY KEY (scope, valid_from)
);

CREATE TABLE unit_weights (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    measure TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (currency, valid_from)
);

CREATE TABLE unit_interest (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    percent TEXT NOT NULL,
    PRIMARY KEY (currency, valid_from)
);
