-- The first layout. Instants are nanoseconds since the epoch, UTC; amounts are minor units; business dates
-- are yyyy-mm-dd. The ledger's own tables (ledger_account, ledger_batch) are laid beside these. Sums that may
-- exceed 63 bits stand in columns without a type: whole numbers, as text where they do.

-- What was received, byte for byte: the evidence.
CREATE TABLE received_file (
    seq         INTEGER PRIMARY KEY,
    sender      TEXT NOT NULL,          -- the BIC it came from
    name        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    digest      BLOB NOT NULL,          -- SHA-256 of raw
    raw         BLOB NOT NULL,
    signature   BLOB,
    commit_seq  INTEGER NOT NULL        -- the commit that took it in, and answered it
);
CREATE INDEX received_file_digest ON received_file (digest);

CREATE TABLE message (
    seq          INTEGER PRIMARY KEY,
    file_seq     INTEGER NOT NULL REFERENCES received_file (seq),
    message_type TEXT NOT NULL,         -- empty if it could not be read
    message_id   TEXT NOT NULL,
    sender       TEXT NOT NULL,         -- the participant
    transactions INTEGER NOT NULL,
    reason       TEXT NOT NULL,         -- why it was refused whole; empty if it was not
    reason_text  TEXT NOT NULL,
    reason_path  TEXT NOT NULL,
    body         BLOB,                  -- the document re-serialised, where offsets cannot refer to the file
    carried      TEXT NOT NULL          -- what the group header says that the onward message must say too
);
-- An admi.002 has no id of its own.
CREATE UNIQUE INDEX message_identity ON message (sender, message_id) WHERE reason = '' AND message_id <> '';
CREATE INDEX message_file ON message (file_seq);

CREATE TABLE payment (
    seq                    INTEGER PRIMARY KEY,
    payment_id             TEXT NOT NULL,
    message_seq            INTEGER NOT NULL REFERENCES message (seq),
    position               INTEGER NOT NULL,
    message_type           TEXT NOT NULL,
    sender                 TEXT NOT NULL,
    instruction_id         TEXT NOT NULL,
    end_to_end_id          TEXT NOT NULL,
    transaction_id         TEXT NOT NULL,
    uetr                   TEXT NOT NULL,
    currency               TEXT NOT NULL,
    amount_minor           INTEGER NOT NULL,
    settlement_date        TEXT NOT NULL,
    priority               TEXT NOT NULL,
    debtor                 TEXT NOT NULL,
    creditor               TEXT NOT NULL,
    debtor_correspondent   TEXT NOT NULL,
    creditor_correspondent TEXT NOT NULL,
    debtor_name            TEXT NOT NULL,
    debtor_account         TEXT NOT NULL,
    creditor_name          TEXT NOT NULL,
    creditor_account       TEXT NOT NULL,
    purpose                TEXT NOT NULL,
    remittance             TEXT NOT NULL,
    status                 TEXT NOT NULL,
    reason                 TEXT NOT NULL,
    reason_text            TEXT NOT NULL,
    reason_path            TEXT NOT NULL,
    blocked_by             TEXT NOT NULL,
    received_at            INTEGER NOT NULL,
    queued_at              INTEGER NOT NULL,
    settled_at             INTEGER NOT NULL,
    not_after              INTEGER NOT NULL,
    not_before             INTEGER NOT NULL,
    attempt                INTEGER NOT NULL,
    original_seq           INTEGER NOT NULL,
    xml_start              INTEGER NOT NULL,
    xml_end                INTEGER NOT NULL
);
CREATE INDEX payment_uetr ON payment (uetr);
CREATE INDEX payment_instruction ON payment (sender, instruction_id) WHERE instruction_id <> '';
CREATE INDEX payment_message ON payment (message_seq);
CREATE INDEX payment_original ON payment (original_seq) WHERE original_seq <> 0;
CREATE INDEX payment_waiting ON payment (status, settlement_date) WHERE status IN ('queued', 'held', 'warehoused');

CREATE TABLE queue (
    payment_seq INTEGER PRIMARY KEY REFERENCES payment (seq),
    account_id  TEXT NOT NULL,
    rank        INTEGER NOT NULL,
    by_limit    INTEGER NOT NULL,
    shortfall   NOT NULL,
    since       INTEGER NOT NULL
);

-- What each ledger account means.
CREATE TABLE account (
    account_id TEXT PRIMARY KEY,        -- 32 hexadecimal digits, as in ledger_account
    owner      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    with_whom  TEXT NOT NULL,
    number     TEXT NOT NULL,
    entry_seq  INTEGER NOT NULL,        -- its last journal entry, gapless from 1
    opening    NOT NULL,                -- balance when the business day opened
    lowest     NOT NULL                 -- lowest balance since
) WITHOUT ROWID;
CREATE INDEX account_number ON account (number) WHERE number <> '';

CREATE TABLE credit_line_state (
    account_id TEXT PRIMARY KEY,        -- the settlement account
    granted    INTEGER NOT NULL,
    drawn      INTEGER NOT NULL,
    peak       INTEGER NOT NULL         -- most drawn since the day opened
) WITHOUT ROWID;

CREATE TABLE reservation_state (
    account_id TEXT NOT NULL,
    priority   TEXT NOT NULL,
    remaining  INTEGER NOT NULL,
    PRIMARY KEY (account_id, priority)
) WITHOUT ROWID;

CREATE TABLE limit_state (
    account_id   TEXT NOT NULL,
    counterparty TEXT NOT NULL,         -- empty: all that have no limit of their own
    net_paid     NOT NULL,
    PRIMARY KEY (account_id, counterparty)
) WITHOUT ROWID;

CREATE TABLE operating_day (
    institution   TEXT NOT NULL,
    currency      TEXT NOT NULL,
    business_date TEXT NOT NULL,
    phase         TEXT NOT NULL,
    since         INTEGER NOT NULL,
    opened_commit INTEGER NOT NULL,     -- the commit that opened it
    PRIMARY KEY (currency, business_date)
) WITHOUT ROWID;

-- What is to be told to whom, in commit order per receiver. refs names rows; the message is built from them.
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY,
    commit_seq   INTEGER NOT NULL,
    receiver     TEXT NOT NULL,         -- a BIC
    kind         TEXT NOT NULL,
    refs         TEXT NOT NULL,         -- JSON
    delivered_at INTEGER
);
CREATE INDEX outbox_commit ON outbox (commit_seq);
CREATE INDEX outbox_undelivered ON outbox (seq) WHERE delivered_at IS NULL;

-- One row a commit; entries are MessagePack arrays (docs/architecture.md, "The journal").
CREATE TABLE journal (
    commit_seq  INTEGER PRIMARY KEY,
    version     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    first_entry INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    ledger_seq  INTEGER NOT NULL,       -- the ledger batch of the same commit, 0 if none
    digest      BLOB NOT NULL,          -- SHA-256 over the previous digest, this row and the batch's digest
    entries     BLOB NOT NULL
);

-- The union's dated facts (membership/participant.py): each row holds from valid_from until the day before
-- valid_to. A change is a new row.

CREATE TABLE union_facts (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    operator TEXT NOT NULL,
    clearing_system TEXT NOT NULL,
    warehousing_days INTEGER NOT NULL,
    charge_bearers TEXT NOT NULL,
    notice TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
);

CREATE TABLE members (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
);

CREATE TABLE screening_policies (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    policy TEXT NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (member, valid_from)
);

CREATE TABLE participants (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    member TEXT NOT NULL,
    town TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
);

CREATE TABLE participant_statuses (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (participant, valid_from)
);

CREATE TABLE participant_bics (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    bic TEXT NOT NULL,
    participant TEXT NOT NULL,
    PRIMARY KEY (bic, valid_from)
);

CREATE TABLE settlement_institution_hours (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    institution TEXT NOT NULL,
    zone TEXT NOT NULL,
    holidays TEXT NOT NULL,
    weekend TEXT NOT NULL,
    opens_at TEXT NOT NULL,
    customer_cutoff_at TEXT NOT NULL,
    interbank_cutoff_at TEXT NOT NULL,
    closes_at TEXT NOT NULL,
    PRIMARY KEY (currency, valid_from)
);

CREATE TABLE calendar_overrides (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    institution TEXT NOT NULL,
    date TEXT NOT NULL,
    effect TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (institution, date, valid_from)
);

CREATE TABLE settlement_accounts (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    number TEXT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (participant, currency, valid_from)
);

CREATE TABLE correspondents (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    respondent TEXT NOT NULL,
    currency TEXT NOT NULL,
    correspondent TEXT NOT NULL,
    vostro_number TEXT NOT NULL,
    PRIMARY KEY (respondent, currency, correspondent, valid_from)
);

CREATE TABLE credit_lines (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    limit_minor INTEGER NOT NULL,
    PRIMARY KEY (participant, currency, valid_from)
);

CREATE TABLE bilateral_limits (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    limit_minor INTEGER NOT NULL,
    PRIMARY KEY (participant, currency, counterparty, valid_from)
);

CREATE TABLE multilateral_limits (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    limit_minor INTEGER NOT NULL,
    PRIMARY KEY (participant, currency, valid_from)
);

CREATE TABLE reservations (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    priority TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    PRIMARY KEY (participant, currency, priority, valid_from)
);

CREATE TABLE system_limits (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    currency TEXT NOT NULL,
    limit_minor INTEGER NOT NULL,
    PRIMARY KEY (currency, valid_from)
);

CREATE TABLE member_limits (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    currency TEXT NOT NULL,
    limit_minor INTEGER NOT NULL,
    PRIMARY KEY (member, currency, valid_from)
);

CREATE TABLE opening_balances (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    participant TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    correspondent TEXT NOT NULL,
    PRIMARY KEY (participant, currency, correspondent, valid_from)
);
