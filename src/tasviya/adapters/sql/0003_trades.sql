-- Trades between two banks: a row a side's instruction. Amounts are minor units.

CREATE TABLE trade (
    seq              INTEGER PRIMARY KEY,
    trade_id         TEXT NOT NULL,
    message_seq      INTEGER NOT NULL REFERENCES message (seq),
    participant      TEXT NOT NULL,
    counterparty     TEXT NOT NULL,
    reference        TEXT NOT NULL,          -- its sender's own
    common_reference TEXT NOT NULL,
    trade_date       TEXT NOT NULL,
    settlement_date  TEXT NOT NULL,
    buy_currency     TEXT NOT NULL,
    buy_minor        INTEGER NOT NULL,
    sell_currency    TEXT NOT NULL,
    sell_minor       INTEGER NOT NULL,
    rate             TEXT NOT NULL,          -- as agreed; the amounts count
    unit_currency    TEXT NOT NULL,
    quoted_currency  TEXT NOT NULL,
    received_at      INTEGER NOT NULL,
    status           TEXT NOT NULL,
    reason           TEXT NOT NULL,
    reason_text      TEXT NOT NULL,
    match_id         TEXT NOT NULL,          -- of both sides together; empty until they match
    other_seq        INTEGER NOT NULL,       -- the other side's row; 0 until they match
    matched_at       INTEGER NOT NULL,
    settled_at       INTEGER NOT NULL,
    attempt          INTEGER NOT NULL
);
CREATE INDEX trade_open ON trade (status) WHERE status IN ('unmatched', 'matched', 'waiting');
CREATE INDEX trade_match ON trade (match_id) WHERE match_id <> '';
