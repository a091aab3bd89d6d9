-- Customs: who may do what, tariffs, declarations and the claims that payments quote. Amounts are minor units
-- of the member's currency; columns named …_json, and taxes, rates, lines, faults and holds, hold JSON.

CREATE TABLE role_grants (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (member, person, role, valid_from)
);

CREATE TABLE customs_rates (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    member TEXT NOT NULL,
    outside TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (member, outside, valid_from)
);

CREATE TABLE customs_tariff (
    member TEXT NOT NULL,
    digest TEXT NOT NULL,               -- SHA-256 of law and measures
    valid_from TEXT NOT NULL,
    law TEXT NOT NULL,
    measures TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    published_at INTEGER NOT NULL,      -- 0: a draft
    kind TEXT NOT NULL DEFAULT 'tariff',  -- or controls, selectivity: then `law` is the rules' file
    quotas TEXT NOT NULL DEFAULT '',    -- the file of tariff quotas
    PRIMARY KEY (member, digest)
);

CREATE TABLE customs_declaration (
    seq INTEGER PRIMARY KEY,
    member TEXT NOT NULL,
    declarant TEXT NOT NULL,
    lrn TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,                 -- what was lodged: the evidence
    actor TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    mrn TEXT NOT NULL,                  -- empty until it is accepted
    version INTEGER NOT NULL,
    faults TEXT NOT NULL,
    accepted_on TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    released_at INTEGER NOT NULL,
    tariff TEXT NOT NULL,
    rates_on TEXT NOT NULL,
    rates TEXT NOT NULL,
    taxes TEXT NOT NULL,
    lines TEXT NOT NULL,
    channel TEXT NOT NULL,
    holds TEXT NOT NULL,
    ucr TEXT NOT NULL,
    controlled_by TEXT NOT NULL,
    amended_by TEXT NOT NULL,
    release_reason TEXT NOT NULL,
    trader TEXT NOT NULL,
    destination TEXT NOT NULL,
    licences TEXT NOT NULL,
    certificates TEXT NOT NULL,
    lifted TEXT NOT NULL
);
CREATE UNIQUE INDEX customs_declaration_number ON customs_declaration (member, declarant, lrn);
CREATE UNIQUE INDEX customs_declaration_mrn ON customs_declaration (mrn) WHERE mrn <> '';
CREATE INDEX customs_declaration_ucr ON customs_declaration (ucr) WHERE ucr <> '';
CREATE INDEX customs_declaration_accepted ON customs_declaration (member, accepted_on);

CREATE TABLE customs_claim (
    reference TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    mrn TEXT NOT NULL,
    member TEXT NOT NULL,
    debtor TEXT NOT NULL,
    currency TEXT NOT NULL,
    taxes TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    paid INTEGER NOT NULL,
    on_the_way INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    met_at INTEGER NOT NULL,
    met_by TEXT NOT NULL,
    guarantee TEXT NOT NULL,
    charged_by TEXT NOT NULL
);
CREATE INDEX customs_claim_deferred ON customs_claim (member, debtor)
    WHERE guarantee <> '' AND kind = 'declaration' AND charged_by = '';

-- Guarantees, each with what is reserved and called of it.
CREATE TABLE customs_guarantee (
    grn TEXT PRIMARY KEY,
    guarantor TEXT NOT NULL,
    principal TEXT NOT NULL,
    currency TEXT NOT NULL,
    line_minor INTEGER NOT NULL,
    body TEXT NOT NULL                  -- the guarantee as it stands
);
CREATE INDEX customs_claim_mrn ON customs_claim (mrn);
CREATE INDEX customs_claim_open ON customs_claim (member, debtor) WHERE status = 'open';

ALTER TABLE payment ADD COLUMN claim TEXT NOT NULL DEFAULT '';
CREATE INDEX payment_claim ON payment (claim) WHERE claim <> '';

-- Controls: licences and certificates of origin with their uses, why declarations are looked at, what came of
-- it, and the secret of each member's draw, which no export has.
CREATE INDEX customs_declaration_trader ON customs_declaration (member, trader) WHERE mrn <> '';
CREATE INDEX customs_declaration_destination ON customs_declaration (destination) WHERE destination <> '';
CREATE TABLE customs_licence (
    member TEXT NOT NULL,
    number TEXT NOT NULL,
    holder TEXT NOT NULL,
    issued_by TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    body TEXT NOT NULL,                 -- the licence as it stands
    PRIMARY KEY (member, number)
);
CREATE TABLE customs_certificate (
    number TEXT PRIMARY KEY,
    member TEXT NOT NULL,               -- whose customs have issued it
    exporter TEXT NOT NULL,
    consignee TEXT NOT NULL,
    issued_by TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    explained TEXT NOT NULL,
    body TEXT NOT NULL                  -- the certificate as it stands
);
CREATE TABLE customs_selection (
    mrn TEXT PRIMARY KEY,
    member TEXT NOT NULL,
    channel TEXT NOT NULL,
    drawn INTEGER NOT NULL,
    reasons TEXT NOT NULL
);
CREATE TABLE customs_control (
    mrn TEXT NOT NULL,
    hold TEXT NOT NULL,
    commit_seq INTEGER NOT NULL,
    member TEXT NOT NULL,
    officer TEXT NOT NULL,
    result TEXT NOT NULL,
    found INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rules TEXT NOT NULL,
    PRIMARY KEY (mrn, hold, commit_seq)
);
CREATE TABLE customs_draw_secret (
    member TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    made_at INTEGER NOT NULL
);
-- What customs give back: refunds, drawbacks and what was paid too much; and what drawbacks use of imports.
CREATE TABLE customs_refund (
    reference TEXT PRIMARY KEY,
    mrn TEXT NOT NULL,
    member TEXT NOT NULL,
    trader TEXT NOT NULL,
    kind TEXT NOT NULL,
    taxes TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    explanation TEXT NOT NULL,
    remitted TEXT NOT NULL,
    version INTEGER NOT NULL,
    body BLOB NOT NULL,
    uses TEXT NOT NULL
);
CREATE INDEX customs_refund_mrn ON customs_refund (mrn);
CREATE TABLE customs_drawback (
    reference TEXT NOT NULL,            -- of the refund
    mrn TEXT NOT NULL,                  -- of the import
    item INTEGER NOT NULL,
    quantity INTEGER NOT NULL,          -- thousandths of the line's unit
    taxes TEXT NOT NULL,
    PRIMARY KEY (reference, mrn, item)
);
CREATE INDEX customs_drawback_mrn ON customs_drawback (mrn);

-- Tariff quotas: what has been used of each, and what declarations ask and get. Quantities: thousandths.
CREATE TABLE customs_quota (
    member TEXT NOT NULL,
    order_number TEXT NOT NULL,
    begin TEXT NOT NULL,
    used INTEGER NOT NULL,
    allocated_until TEXT NOT NULL,
    PRIMARY KEY (member, order_number, begin)
);
CREATE TABLE customs_quota_request (
    mrn TEXT NOT NULL,
    item INTEGER NOT NULL,
    member TEXT NOT NULL,
    order_number TEXT NOT NULL,
    day TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit TEXT NOT NULL,
    status TEXT NOT NULL,
    granted INTEGER NOT NULL,
    critical INTEGER NOT NULL,
    guarantee TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (mrn, item)
);
CREATE INDEX customs_quota_asked ON customs_quota_request (member, day) WHERE status = 'asked';
CREATE TABLE transit_rules (
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    scope TEXT NOT NULL,
    arrival_days INTEGER NOT NULL,
    enquiry_after_days INTEGER NOT NULL,
    results_days INTEGER NOT NULL,
    enquiry_days INTEGER NOT NULL,
    PRIMARY KEY (scope, valid_from)
);

-- Goods in transit: what was declared, and where they are. stake: minor units of the guarantee's currency.
CREATE TABLE customs_movement (
    mrn TEXT PRIMARY KEY,
    lrn TEXT NOT NULL,
    holder TEXT NOT NULL,
    departure TEXT NOT NULL,
    destination TEXT NOT NULL,
    grn TEXT NOT NULL,
    status TEXT NOT NULL,
    stake INTEGER NOT NULL,
    due_at INTEGER NOT NULL,            -- 0: nothing can be overdue
    declared_by TEXT NOT NULL,
    accepted_on TEXT NOT NULL,
    presented_at INTEGER NOT NULL,      -- 0: declared ahead of the goods
    digest BLOB NOT NULL,
    declared BLOB NOT NULL,             -- the declaration, without access codes
    claim TEXT NOT NULL,
    body TEXT NOT NULL                  -- the movement as it stands
);
CREATE UNIQUE INDEX customs_movement_number ON customs_movement (holder, lrn);
CREATE INDEX customs_movement_due ON customs_movement (due_at) WHERE due_at > 0;
